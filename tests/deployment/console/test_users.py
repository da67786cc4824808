"""The people's page: made with a password that is shown once, changed, disabled; the audit says who did it."""

from __future__ import annotations

from flask import Flask

from deployment.models import Role, audit
from tests.airlock import Airlock
from tests.deployment.console.browser import Browser, Page, person


def password_of(page: Page) -> str:
    assert page.status == 201, page.text
    return str(page.tree.xpath("//input[@id='secret']/@value")[0])


def test_who_is_made_logs_in_and_has_the_role(app: Flask) -> None:
    ada = person(app)
    password = password_of(ada.send(ada.open("/users"), "/users", name="bob", role="operator"))
    bob = Browser(app)
    assert bob.log_in("bob", password).path == "/"
    assert bob.open("/users").status == 403
    ada.send(ada.open("/users"), "/users/bob/role", role="administrator")
    assert bob.open("/users").status == 200


def test_a_new_password_and_disabling_end_the_sessions(app: Flask) -> None:
    ada, bob = person(app), person(app, Role.VIEWER, name="bob")
    password = password_of(ada.send(ada.open("/users"), "/users/bob/password"))
    assert bob.open("/").path == "/login"
    assert bob.log_in("bob", password).path == "/"
    ada.send(ada.open("/users"), "/users/bob/active")
    assert bob.open("/").path == "/login"
    ada.send(ada.open("/users"), "/users/bob/active")
    assert bob.log_in("bob", password).path == "/"


def test_the_last_administrator_stays_one(app: Flask) -> None:
    ada = person(app)
    for action, fields in (("active", {}), ("role", {"role": "viewer"})):
        assert "last administrator" in ada.send(ada.open("/users"), f"/users/ada/{action}", **fields).text
    assert ada.open("/users").status == 200


def test_what_nobody_can_be_is_told(app: Flask) -> None:
    ada = person(app)
    for fields in ({"name": "a b"}, {"name": "ada"}, {"name": "bob", "organization": "nobody"}):
        told = ada.send(ada.open("/users"), "/users", **fields)
        assert told.tree.xpath("//*[contains(@class, 'alert-danger')]")


def test_the_audit_tells_who_has_changed_what_page_by_page(airlock: Airlock) -> None:
    ada = person(airlock.app)
    ada.send(ada.open("/users"), "/users/ada/role", role="administrator")
    with airlock.parts.database.writing() as session:
        for number in range(60):
            audit(session, None, "user ada", "thing.done", str(number))
    first = ada.open("/audit")
    assert "thing.done" in first.text
    (older,) = first.tree.xpath("//a[@rel='next']/@href")
    assert "user.role_changed" in ada.open(older).text
    acme = person(airlock.app, Role.ADMINISTRATOR, "acme", name="bob")
    assert "thing.done" not in acme.open("/audit").text
    assert "deployment.deployed" in acme.open("/audit").text
