"""The pages on which a person reads the API: everything on them comes from here."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from deployment.api.codes import TITLES


@pytest.fixture
def client(new_app: Callable[..., Flask], sqlite_url: str, redis_url: str) -> FlaskClient:
    return new_app(database_url=sqlite_url, redis_url=redis_url).test_client()


@pytest.mark.parametrize("path", ["/docs", "/docs/errors"])
def test_whatever_a_page_needs_is_served_from_here(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    needed = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert all(each.startswith(("/", "data:,")) for each in needed)
    for each in needed:
        if each.startswith("/"):
            with client.get(each) as reply:
                assert reply.status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/docs/errors"])
def test_a_browser_runs_no_script_and_asks_no_host_but_ours(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=", page.text), "inline scripts would be refused"


def test_each_code_of_an_error_has_a_place_to_link_to(client: FlaskClient) -> None:
    page = client.get("/docs/errors").text
    assert [code for code in TITLES if f'id="{code}"' not in page] == []
