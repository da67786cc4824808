"""What a person sees while a part is away, or who sends what no page asks for: a page that says so, and never a 500."""

from __future__ import annotations

from unittest import mock

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from deployment.parts import parts_of
from tests.deployment.console.browser import HTML, PASSWORD, Browser, Page, person

AWAY = OperationalError("SELECT 1", {}, Exception("no connection"))


@pytest.mark.parametrize("path", ["/", "/executions", "/health", "/login", "/nowhere"])
def test_without_the_database_a_page_says_that_it_is_away(app: Flask, path: str) -> None:
    browser = person(app)
    with mock.patch.object(type(parts_of(app).database), "reading", side_effect=AWAY):
        page = Page(browser.client.get(path, headers=HTML))
    assert page.status == (404 if path == "/nowhere" else 503)
    assert "A part is away" in page.text or path == "/nowhere"


def test_a_login_without_the_database_is_told_so(app: Flask) -> None:
    browser = Browser(app)
    form = browser.open("/login")
    with mock.patch.object(type(parts_of(app).database), "reading", side_effect=AWAY):
        told = browser.send(form, "/login", name="ada", password=PASSWORD)
    assert (told.status, "the database does not answer" in told.text) == (503, True)


@pytest.mark.parametrize("path", ["/login", "/logout", "/account/password"])
def test_only_forms_for_files_read_a_large_body(app: Flask, path: str) -> None:
    browser = person(app) if path != "/login" else Browser(app)
    sent = {"data": bytes(2_000_000), "content_type": "multipart/form-data; boundary=x"}
    assert browser.client.post(path, headers=HTML, **sent).status_code == 413
