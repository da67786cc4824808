"""What a page of the console costs: as few statements when there is much as when there is little."""

from __future__ import annotations

from typing import Any

import pytest

from deployment.models import ApiKey, audit
from tests.airlock import Airlock
from tests.deployment.api.wire import work_here
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
        person(airlock.app, name=f"person-{number}")
    with airlock.parts.database.writing() as session:
        organization = airlock.run(run).organization_id
        for number in range(20):
            key = {"prefix": f"alk_{number:08}", "sha256": f"{number:064}", "scopes": ["run"]}
            session.add(ApiKey(organization_id=organization, **key))
            audit(session, organization, "user ada", "thing.done", str(number))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_as_much_of_little_as_of_much(airlock: Airlock, path: str) -> None:
    work_here(airlock, run := airlock.accept())
    airlock.accept()
    browser = person(airlock.app)
    little = spent(airlock, browser, path)
    much(airlock, run)
    assert spent(airlock, browser, path) == little <= MOST
