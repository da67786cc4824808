"""Who may open what: every page and form that is declared, for every kind of person; a new one is covered by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from deployment.console.page import console, needed
from deployment.database import db
from deployment.models import Role
from deployment.parts import parts_of
from tests.airlock import Airlock
from tests.deployment.console.browser import HTML, Browser, person

OPEN = {"console.static", "console.login", "console.log_in_here", "console.dark_styles"}
RANKS = list(Role)
SOMETHING = UUID(int=7)


@dataclass(frozen=True)
class Way:
    """A page or a form: `theirs` says whether its address names something of an organisation."""

    endpoint: str
    path: str
    posts: bool
    role: Role
    of_all: bool
    theirs: bool


def ways(airlock: Airlock, run: UUID) -> Iterator[Way]:
    """With what there is of `acme` in their addresses."""
    values: dict[str, Any] = {"org": "acme", "name": "text", "execution_id": run}
    for rule in airlock.app.url_map.iter_rules():
        if rule.endpoint.startswith(f"{console.name}.") and rule.endpoint not in OPEN:
            filled = {name: values.get(name, SOMETHING) for name in rule.arguments}
            with airlock.app.test_request_context():
                path = str(airlock.app.url_for(rule.endpoint, **filled))
            wanted = needed(rule.endpoint)
            assert wanted is not None, rule.endpoint
            posts = "POST" in (rule.methods or ())
            yield Way(rule.endpoint, path, posts, *wanted, theirs=bool({"org", "execution_id"} & rule.arguments))


@pytest.fixture
def run(airlock: Airlock) -> UUID:
    Airlock(airlock.app, organization="globex")
    airlock.work_here(made := airlock.accept())
    return made


def contents(app: Flask) -> dict[str, list[Any]]:
    """Every row of every table, but for when somebody was last here."""
    with parts_of(app).database.reading() as session:
        return {
            table.name: sorted(map(repr, session.execute(sa.select(table))))
            for table in db.metadata.sorted_tables
            if table.name not in ("person", "user_session")
        }


def token(browser: Browser) -> str:
    return browser.open("/account").form("/logout")["csrf_token"]


def ask(browser: Browser, way: Way, csrf_token: str = "") -> int:
    if way.posts:
        return browser.client.post(way.path, data={"csrf_token": csrf_token}, headers=HTML).status_code
    return browser.client.get(way.path, headers=HTML).status_code


def test_nobody_gets_further_than_the_login(airlock: Airlock, run: UUID) -> None:
    browser, before = Browser(airlock.app), contents(airlock.app)
    for way in ways(airlock, run):
        reply = browser.client.open(way.path, method="POST" if way.posts else "GET", headers=HTML)
        assert (reply.status_code, reply.headers["Location"].startswith("/login")) == (303, True), way
    assert contents(airlock.app) == before


@pytest.mark.parametrize("organization", [None, "acme"])
@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_it_may_and_nothing_else(
    airlock: Airlock, run: UUID, role: Role, organization: str | None
) -> None:
    browser, before = person(airlock.app, role, organization), contents(airlock.app)
    csrf_token = token(browser)
    for way in ways(airlock, run):
        may = RANKS.index(role) >= RANKS.index(way.role) and (organization is None or not way.of_all)
        if may and way.posts:
            continue  # what it does is for the tests of that form
        assert ask(browser, way, csrf_token) == (200 if may else 403), way
    assert contents(airlock.app) == before, "nothing is changed by looking, or by what is refused"


def test_another_organisation_finds_nothing(airlock: Airlock, run: UUID) -> None:
    browser, before = person(airlock.app, Role.ADMINISTRATOR, "globex"), contents(airlock.app)
    csrf_token = token(browser)
    for way in ways(airlock, run):
        if way.theirs:
            assert ask(browser, way, csrf_token) == (403 if way.of_all else 404), way
    assert contents(airlock.app) == before


def test_no_form_is_taken_without_its_token(airlock: Airlock, run: UUID) -> None:
    browser, before = person(airlock.app), contents(airlock.app)
    for way in ways(airlock, run):
        if way.posts:
            assert ask(browser, way) == 400, way
    assert contents(airlock.app) == before
    assert browser.open("/account").path == "/account", "not even logged out"


def test_over_https_the_cookie_is_for_https_alone(app: Flask) -> None:
    reply = app.test_client().get("/login", base_url="https://airlock.example")
    assert "Secure; HttpOnly" in reply.headers["Set-Cookie"]


def test_the_cookie_before_a_login_is_of_no_use_after_it(app: Flask) -> None:
    person(app)
    browser, thief = Browser(app), Browser(app)
    browser.open("/login")
    before = browser.client.get_cookie("airlock")
    assert before is not None
    browser.log_in("ada")
    thief.client.set_cookie("airlock", before.value)
    assert thief.open("/").path == "/login"


@pytest.mark.parametrize("path", ["/healthz", "/v1/executions", "/deployment/api/acme/text/", "/openapi.json"])
def test_programs_get_no_cookie(airlock: Airlock, path: str) -> None:
    reply = airlock.client.get(path, headers=airlock.headers)
    assert "Set-Cookie" not in reply.headers
    assert "Cookie" not in reply.headers.get("Vary", "")
