"""What a page of the console costs: as few statements when there is much as when there is little."""

from __future__ import annotations

from typing import Any

from deployment.models import ApiKey, Role, User, audit
from tests.airlock import Airlock
from tests.deployment.console.browser import Browser, person
from tests.deployment.reconcile.crowd import crowd, statements

MOST = 16
"""Statements of a page, the look at who asks included."""
PAGES = ("/", "/executions", "/deployments", "/deployments/acme/text", "/users", "/audit", "/health", "/account")


def spent(airlock: Airlock, browser: Browser, path: str) -> int:
    with statements(airlock.parts.database) as sent:
        assert browser.open(path).status == 200
    return len(sent)


def much(airlock: Airlock, run: Any) -> None:
    """A crowd of runs, some deployments, keys, people and changes more."""
    crowd(airlock.parts.database, run, 60, apart=1)
    for number in range(8):
        Airlock(airlock.app, organization=f"other-{number}", name=f"text-{number}")
    with airlock.parts.database.writing() as session:
        organization = airlock.run(run).organization_id
        session.add_all(User(name=f"person-{number}", password_hash="", role=Role.VIEWER) for number in range(8))
        for number in range(20):
            key = {"prefix": f"alk_{number:08}", "sha256": f"{number:064}", "scopes": ["run"]}
            session.add(ApiKey(organization_id=organization, **key))
            audit(session, organization, "user ada", "thing.done", str(number))


def test_a_page_asks_as_much_of_little_as_of_much(airlock: Airlock) -> None:
    airlock.work_here(run := airlock.accept())
    airlock.accept()
    browser = person(airlock.app)
    little = {path: spent(airlock, browser, path) for path in PAGES}
    much(airlock, run)
    assert {path: spent(airlock, browser, path) for path in PAGES} == little
    assert max(little.values()) <= MOST, little
