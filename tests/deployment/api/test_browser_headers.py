"""Every reply, of whichever face, tells a browser to guess nothing, run nothing and frame nothing that is not meant."""

from __future__ import annotations

import pytest
from flask import Flask

PATHS = (
    "/healthz",
    "/readyz",
    "/metrics",
    "/v1/executions",
    "/deployment/api/acme/text/",
    "/nowhere",
    "/login",
    "/",
    "/docs",
    "/openapi.json",
    "/console/dark.css",
    "/console/console.js",
    "/bootstrap/static/css/bootstrap.min.css",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_reply_has_the_headers(app: Flask, path: str) -> None:
    with app.test_client().get(path) as reply:
        policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy or path in ("/docs", "/openapi.json"), "Swagger UI sets styles of its own"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "Referrer-Policy" in reply.headers
    assert "Strict-Transport-Security" not in reply.headers


def test_over_https_browsers_are_told_to_stay_there(app: Flask) -> None:
    with app.test_client().get("/healthz", base_url="https://airlock.example") as reply:
        assert "max-age" in reply.headers["Strict-Transport-Security"]
