"""Whoever waits for a run is woken by its end; what is lost on the way only makes it later."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

import pytest
from flask import Flask

from deployment import executions
from deployment.executions import wait_for_end
from deployment.models import Execution
from deployment.stop import stop
from jobs import wakeups
from tests.airlock import Airlock
from tests.deployment.api.v1.test_show import claim_first
from tests.eventually import eventually
from tests.servers.valkey import Valkey

NEVER = 600.0


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks by himself within the time of a test."""
    for name in ("LOOK_SECONDS", "FIRST_LOOK", "LAST_LOOK"):
        monkeypatch.setattr(wakeups, name, NEVER)


@contextmanager
def waiting(airlock: Airlock, execution_id: UUID) -> Iterator[Future[Execution | None]]:
    """Somebody who waits for the run, and listens by now."""
    with ThreadPoolExecutor(1) as people:
        waiter = people.submit(wait_for_end, airlock.parts, execution_id, NEVER)
        eventually(lambda: airlock.parts.wakeups.subscribed)  # type: ignore[attr-defined]
        yield waiter


def status(waiter: Future[Execution | None]) -> str:
    run = waiter.result(timeout=10)
    assert run is not None
    return run.status


@pytest.mark.usefixtures("patient")
def test_the_end_wakes_who_waits_for_it(airlock: Airlock) -> None:
    """In another process, too: the worker forks, and the work-horse tells."""
    stopped, worked = airlock.accept(), airlock.accept()
    with waiting(airlock, stopped) as one, waiting(airlock, worked) as other:
        stop(airlock.parts, stopped, by="test")
        assert status(one) == "STOPPED"
        assert not other.done()
        airlock.work()
        assert status(other) == "COMPLETED"


@pytest.mark.usefixtures("patient")
def test_a_claim_wakes_who_follows(airlock: Airlock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "FOLLOW_SECONDS", NEVER)
    airlock.parts.wakeups.close()  # type: ignore[attr-defined]  # so that its subscription wakes, once
    execution_id = airlock.accept()
    followed = executions.follow(airlock.parts, execution_id)
    assert [next(followed).status for _ in range(2)] == ["QUEUED"] * 2
    claim_first(airlock, execution_id)
    with ThreadPoolExecutor(1) as people:
        assert people.submit(next, followed).result(timeout=10).status == "EXECUTING"
    followed.close()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("patient")
def test_an_end_before_it_is_subscribed_is_not_missed(airlock: Airlock, monkeypatch: pytest.MonkeyPatch) -> None:
    execution_id, waits = airlock.accept(), threading.Event()
    listen = airlock.parts.wakeups.listen  # type: ignore[attr-defined]
    monkeypatch.setattr(airlock.parts.wakeups, "listen", lambda: waits.wait(10) and listen())
    with ThreadPoolExecutor(1) as people:
        waiter = people.submit(wait_for_end, airlock.parts, execution_id, NEVER)
        stop(airlock.parts, execution_id, by="test")
        waits.set()
        assert status(waiter) == "STOPPED"


def test_an_end_that_nobody_told_of_is_seen_all_the_same(airlock: Airlock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that ended the run was killed between its commit and its wake-up."""
    airlock.parts.wakeups.close()  # type: ignore[attr-defined]  # one that listens already would look later
    monkeypatch.setattr(wakeups, "LOOK_SECONDS", 0.1)
    execution_id = airlock.accept()
    with waiting(airlock, execution_id) as waiter:
        monkeypatch.setattr(airlock.parts.database, "_on_change", lambda _: None)
        stop(airlock.parts, execution_id, by="test")
        assert status(waiter) == "STOPPED"


def test_b5_redis_that_is_lost_while_somebody_waits_is_not_needed(
    new_app: Callable[..., Flask], sqlite_url: str, own_valkey: Valkey
) -> None:
    airlock = Airlock(new_app(database_url=sqlite_url, redis_url=own_valkey.url))
    first, second = airlock.accept(), airlock.accept()
    with waiting(airlock, first) as waiter:
        own_valkey.kill()
        stop(airlock.parts, first, by="test")
        assert status(waiter) == "STOPPED"
    own_valkey.start()
    with waiting(airlock, second) as waiter:
        stop(airlock.parts, second, by="test")
        assert status(waiter) == "STOPPED"


def test_it_waits_no_longer_than_it_was_asked_to(airlock: Airlock) -> None:
    run = wait_for_end(airlock.parts, airlock.accept(), 0.05)
    assert run is not None
    assert run.live
