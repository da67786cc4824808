"""Logging in: who has the password is in, who guesses is slowed down, and a session ends when it is ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from freezegun import freeze_time

from deployment.clock import utcnow
from deployment.models import AuditLine, Role, User, UserSession
from deployment.parts import parts_of
from deployment.users import disable_user
from tests.deployment.console.browser import PASSWORD, Browser, person


def test_nobody_sees_a_page_before_logging_in_and_then_the_one_that_was_wanted(app: Flask) -> None:
    person(app)
    browser = Browser(app)
    assert browser.open("/account").path == "/login"
    assert browser.log_in("Ada", then="/account").path == "/account"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/\n/evil.example"])
def test_a_login_leads_to_no_other_host(app: Flask, elsewhere: str) -> None:
    person(app)
    browser = Browser(app)
    form = browser.client.get("/login", query_string={"next": elsewhere}, headers={"Accept": "text/html"})
    token = form.text.split('name="csrf_token" value="')[1].split('"')[0]
    sent = {"name": "ada", "password": PASSWORD, "csrf_token": token}
    reply = browser.client.post("/login", query_string={"next": elsewhere}, data=sent)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/")


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("", ""), ("ada\x00", "x" * 10_000)]
)
def test_a_wrong_login_is_refused_and_says_no_more(app: Flask, name: str, password: str) -> None:
    person(app)
    told = Browser(app).log_in(name, password)
    assert told.status == 401
    assert "The name or the password is wrong" in told.text


def test_who_guesses_is_stopped_for_a_while_and_the_person_elsewhere_is_not(app: Flask) -> None:
    person(app)
    browser, away = Browser(app), {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}
    for _ in range(5):
        assert browser.log_in("ada", "wrong").status == 401
    assert browser.log_in("ada").status == 429
    elsewhere = Browser(app)
    elsewhere.client.environ_base["REMOTE_ADDR"] = away["environ_base"]["REMOTE_ADDR"]
    assert elsewhere.log_in("ada").path == "/"
    with freeze_time(utcnow() + timedelta(minutes=16)):
        assert browser.log_in("ada").path == "/"


def test_a_logout_ends_the_session_also_for_who_has_copied_its_cookie(app: Flask) -> None:
    browser, thief = person(app), Browser(app)
    cookie = browser.client.get_cookie("airlock")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site) == (True, "Lax")
    thief.client.set_cookie("airlock", cookie.value)
    assert thief.open("/account").path == "/account"
    browser.send(browser.open("/"), "/logout")
    assert thief.open("/account").path == "/login"


def test_a_new_password_ends_every_session_and_is_wanted_from_then_on(app: Flask) -> None:
    browser, other = person(app), Browser(app)
    other.log_in("ada")
    told = browser.send(browser.open("/account"), "/account/password", old=PASSWORD, new="another good password")
    assert told.path == "/login"
    assert other.open("/").path == "/login"
    assert other.log_in("ada").status == 401
    assert other.log_in("ada", "another good password").path == "/"


@pytest.mark.parametrize(
    ("old", "new"), [("wrong", "another good password"), (PASSWORD, "short"), (PASSWORD, "x" * 201)]
)
def test_a_password_is_not_changed_without_the_old_one_or_to_a_weak_one(app: Flask, old: str, new: str) -> None:
    browser = person(app)
    told = browser.send(browser.open("/account"), "/account/password", old=old, new=new)
    assert told.path == "/account"
    assert Browser(app).log_in("ada").path == "/"


def test_a_session_that_is_ended_from_elsewhere_is_over(app: Flask) -> None:
    browser, other = person(app), Browser(app)
    other.log_in("ada")
    page = browser.open("/account")
    (action,) = [form.action for form in page.tree.forms if form.action.endswith("/end")]
    browser.send(page, action)
    assert other.open("/").path == "/login"
    assert browser.open("/").path == "/"


def test_a_session_is_over_after_a_working_day(app: Flask) -> None:
    browser = person(app)
    with freeze_time(utcnow() + timedelta(hours=13)):
        assert browser.open("/").path == "/login"


def test_a_disabled_person_is_out_at_once(app: Flask) -> None:
    browser = person(app, Role.OPERATOR)
    with parts_of(app).database.writing() as session:
        disable_user(session, "ada", by="a test")
    assert browser.open("/").path == "/login"
    assert browser.log_in("ada").status == 401


def test_what_is_stored_opens_nothing(app: Flask) -> None:
    cookie = person(app).client.get_cookie("airlock")
    with parts_of(app).database.reading() as session:
        stored = session.scalars(sa.select(UserSession.sha256)).one()
        user = session.scalars(sa.select(User)).one()
        lines = [str(line.details) for line in session.scalars(sa.select(AuditLine))]
    assert cookie is not None
    assert stored not in cookie.value
    assert user.password_hash.startswith("$argon2id$")
    assert PASSWORD not in " ".join(lines)


def test_a_form_without_its_token_changes_nothing(app: Flask) -> None:
    browser = person(app)
    sent = browser.client.post("/logout", headers={"Accept": "text/html"})
    assert sent.status_code == 400
    assert browser.open("/account").path == "/account"
