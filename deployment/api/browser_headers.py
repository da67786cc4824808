"""What every reply tells a browser: guess no types, show it in no frame, run nothing, unless a page says so."""

from __future__ import annotations

from flask import Flask, Response, request

NOTHING = "default-src 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": NOTHING,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""A face that has pages sets its own policy first."""
A_YEAR = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Give every reply of `app` these headers, where it has none of the name."""
    app.after_request(_restrict)


def _restrict(reply: Response) -> Response:
    for name, value in HEADERS.items():
        reply.headers.setdefault(name, value)
    if request.is_secure:
        reply.headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR}")
    return reply
