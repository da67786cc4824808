"""The health page: each part in words, and, at the press of a button, used for real, with advice."""

from __future__ import annotations

from unittest import mock

from deployment.models import Role
from storage import AccessDenied
from tests.airlock import Airlock
from tests.deployment.console.browser import person


def test_it_says_what_answers_and_what_does_not(airlock: Airlock) -> None:
    page = person(airlock.app, Role.VIEWER).open("/health")
    assert page.text.count("answers") == 3
    assert "start flask worker" in page.text


def test_the_button_uses_each_part_and_says_what_to_do(airlock: Airlock) -> None:
    browser = person(airlock.app, Role.OPERATOR)
    with mock.patch.object(type(airlock.parts.store), "delete_prefix", side_effect=AccessDenied("delete", "probes/")):
        page = browser.send(browser.open("/health"), "/health")
    assert "It may write but not delete: every cleanup will fail; grant s3:DeleteObject." in page.text


def test_one_of_an_organisation_looks_and_presses_nothing(airlock: Airlock) -> None:
    browser = person(airlock.app, Role.ADMINISTRATOR, "acme")
    token = browser.open("/health").form("/logout")["csrf_token"]
    assert browser.client.post("/health", data={"csrf_token": token}).status_code == 403
