"""The buttons of an execution do what they say, for those who may, and note who it was."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from deployment.clock import utcnow
from deployment.models import AuditLine, Delivery, Role
from tests.airlock import Airlock
from tests.deployment.console.browser import Browser, Page, person


@pytest.fixture
def airlock(new_app: Callable[..., Flask], database_url: str, redis_url: str) -> Airlock:
    return Airlock(new_app(database_url=database_url, redis_url=redis_url, keep_inputs=True))


@pytest.fixture
def browser(airlock: Airlock) -> Browser:
    return person(airlock.app, Role.OPERATOR, "acme")


def press(browser: Browser, run: UUID, action: str, **fields: str) -> Page:
    return browser.send(browser.open(f"/executions/{run}"), f"/executions/{run}/{action}", **fields)


def audited(airlock: Airlock) -> set[tuple[str, str]]:
    with airlock.parts.database.reading() as session:
        return {(line.actor, line.action) for line in session.scalars(sa.select(AuditLine))}


def test_stop_ends_it_and_names_who_has_done_it(airlock: Airlock, browser: Browser) -> None:
    run = airlock.accept()
    page = press(browser, run, "stop")
    assert page.path == f"/executions/{run}"
    assert (airlock.run(run).status, airlock.run(run).error) == ("STOPPED", "stopped by user ada")


def test_a_second_stop_is_told_that_it_has_ended(airlock: Airlock, browser: Browser) -> None:
    run = airlock.accept()
    before = browser.open(f"/executions/{run}")
    airlock.work_here(run)
    assert "has ended already, as COMPLETED" in browser.send(before, f"/executions/{run}/stop").text


def test_run_again_leads_to_the_new_one(airlock: Airlock, browser: Browser) -> None:
    airlock.work_here(run := airlock.accept())
    page = press(browser, run, "rerun")
    new = UUID(page.path.rpartition("/")[2])
    assert airlock.run(new).rerun_of == run
    assert ("user ada", "execution.rerun") in audited(airlock)
    airlock.work_here(new)
    assert airlock.run(new).status == "COMPLETED"


def test_only_failed_files_are_run_again_if_that_is_pressed(airlock: Airlock, browser: Browser) -> None:
    airlock.work_here(run := airlock.accept([("a.txt", b"Hello"), ("b.bin", bytes(range(256)))]))
    page = press(browser, run, "rerun", files="failed")
    assert [file.name for file in airlock.run(UUID(page.path.rpartition("/")[2])).files] == ["b.bin"]


def test_delete_takes_everything_of_the_caller(airlock: Airlock, browser: Browser) -> None:
    airlock.work_here(run := airlock.accept(tags="secret"))
    page = press(browser, run, "delete")
    assert "It is deleted" in page.text
    assert list(airlock.parts.store.keys("")) == []
    assert ("user ada", "execution.deleted") in audited(airlock)
    assert "secret" not in browser.open(f"/executions/{run}").text


def test_a_message_is_sent_again(airlock: Airlock, browser: Browser) -> None:
    airlock.work_here(run := airlock.accept())
    airlock.told(run, utcnow())
    with airlock.parts.database.reading() as session:
        delivery = session.scalars(sa.select(Delivery)).one()
    assert "It is sent again" in press(browser, run, f"deliveries/{delivery.id}/redeliver").text
    with airlock.parts.database.reading() as session:
        assert session.get_one(Delivery, delivery.id).status == "PENDING"


def test_a_viewer_has_no_buttons_and_may_not_press_any(airlock: Airlock) -> None:
    run = airlock.accept()
    viewer = person(airlock.app, Role.VIEWER, "acme", name="bob")
    page = viewer.open(f"/executions/{run}")
    assert [form.action for form in page.tree.forms] == ["/logout"]
    token = page.form("/logout")["csrf_token"]
    reply = viewer.client.post(f"/executions/{run}/stop", data={"csrf_token": token})
    assert reply.status_code == 403
    assert airlock.run(run).live
