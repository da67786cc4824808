"""Rescuers against each other, against workers, and against rows that cannot be repaired (faults C1, C8, C10)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa
from flask import Flask

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.dispatch import Ticket
from deployment.models import Execution, ExecutionStatus
from deployment.reconcile import reconcile, rescue
from deployment.reconcile.repair import repair_execution, repair_file
from tests.airlock import Airlock
from tests.deployment.reconcile.overdue import lose_worker, move_file, move_run, pend
from tests.eventually import eventually

NewApp = Callable[..., Flask]


def test_c10_ten_rescuers_at_once_do_each_thing_once(airlock: Airlock) -> None:
    lost, backlog, abandoned = ([airlock.accept() for _ in range(5)] for _ in range(3))
    for run in lost:
        lose_worker(airlock, run)
    for run in backlog:
        file = move_file(airlock, run)
        airlock.parts.dispatcher.cancel([Ticket(run, file.id, 1, 1)])
    for run in abandoned:
        pend(airlock, run)
    done: list[Counter[str]] = []
    together = threading.Barrier(10)

    def one() -> None:
        together.wait()
        done.append(reconcile(airlock.parts))

    threads = [threading.Thread(target=one) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = sum(done, Counter())
    assert {name: total[name] for name in ("worker_lost", "redispatched", "abandoned", "cleaned_up")} == {
        "worker_lost": 5,
        "redispatched": 5,
        "abandoned": 5,
        "cleaned_up": 5,
    }
    assert [airlock.stored(run).files[0].losses for run in lost] == [1] * 5
    assert [airlock.stored(run).files[0].dispatch for run in backlog] == [2] * 5
    assert [len(airlock.log(run)) for run in abandoned] == [3] * 5  # accepted, staged, ended
    assert len(airlock.tickets()) == len(set(airlock.tickets()))


@pytest.mark.parametrize("meanwhile", ["renewed", "ended", "claimed again"])
def test_c1_a_rescuer_with_a_stale_snapshot_of_a_claim_does_nothing(airlock: Airlock, meanwhile: str) -> None:
    run = airlock.accept()
    seen, policy = lose_worker(airlock, run), airlock.parts.policy
    ticket = Ticket(run, seen.id, 1, 1)
    with airlock.parts.database.writing() as session:
        if meanwhile == "renewed":
            assert lifecycle.renew(session, ticket, policy)
        elif meanwhile == "ended":
            assert lifecycle.succeed(session, ticket, policy).ended
    if meanwhile == "claimed again":
        move_file(airlock, run, status="EXECUTING", attempt=2, lease_expires_at=seen.lease_expires_at)
    before = airlock.stored(run)
    with airlock.parts.database.writing() as session:
        assert repair_file(session, seen, policy, standing=False).done == ""
    after = airlock.stored(run)
    assert [(file.status, file.attempt, file.losses) for file in after.files] == [
        (file.status, file.attempt, file.losses) for file in before.files
    ]
    assert after.status == before.status


def test_c1_a_stale_snapshot_of_a_pending_run_does_not_end_one_that_was_sealed(airlock: Airlock) -> None:
    run = airlock.accept()
    pend(airlock, run)
    seen = airlock.stored(run)
    with airlock.parts.database.writing() as session:
        assert lifecycle.seal(session, run, seen.guard_token, airlock.parts.policy)
    with airlock.parts.database.writing() as session:
        assert repair_execution(session, seen, airlock.parts.policy, None).done == ""
    assert airlock.stored(run).status == "QUEUED"


def test_c8_a_row_that_cannot_be_repaired_moves_into_the_future_and_holds_up_no_other(airlock: Airlock) -> None:
    poisoned, sound = airlock.accept(), airlock.accept()
    bad = lose_worker(airlock, poisoned)
    lose_worker(airlock, sound)
    lose = lifecycle.lose

    def lose_unless_poisoned(session: Any, ticket: Ticket, *args: Any, **named: Any) -> Any:
        if ticket.file_id == bad.id:
            raise ValueError("poison")
        return lose(session, ticket, *args, **named)

    with mock.patch("deployment.lifecycle.lose", lose_unless_poisoned):
        assert rescue(airlock.parts) == {"postponed": 1, "worker_lost": 1}
        assert rescue(airlock.parts) == {}
    file = airlock.stored(poisoned).files[0]
    assert file.lease_expires_at is not None
    assert file.lease_expires_at > utcnow()
    assert airlock.stored(sound).files[0].status == "QUEUED"


def test_a_row_that_somebody_has_locked_is_left_to_them_and_holds_up_no_other(
    new_app: NewApp, postgres_url: str, redis_url: str
) -> None:
    airlock = Airlock(new_app(database_url=postgres_url, redis_url=redis_url))
    locked, free = airlock.accept(), airlock.accept()
    for run in (locked, free):
        lose_worker(airlock, run)
    with holding(airlock, locked):
        assert rescue(airlock.parts) == {"worker_lost": 1}
        assert airlock.stored(free).files[0].losses == 1
    assert rescue(airlock.parts) == {"worker_lost": 1}


@contextmanager
def holding(airlock: Airlock, run: Any) -> Iterator[None]:
    """Somebody holds the lock of the run, as a hung client may."""
    with airlock.parts.database.writing() as session:
        session.execute(sa.select(Execution.id).where(Execution.id == run).with_for_update())
        yield


def test_a_new_ticket_and_an_end_of_the_run_at_once_do_not_deadlock(
    new_app: NewApp, postgres_url: str, redis_url: str
) -> None:
    """The line in the run's log takes a lock on the run, so the run must be locked before the file."""
    airlock = Airlock(new_app(database_url=postgres_url, redis_url=redis_url))
    run = airlock.accept()
    file, policy = move_file(airlock, run), airlock.parts.policy
    failures: list[Exception] = []

    def redispatch() -> None:
        try:
            with airlock.parts.database.writing() as session:
                lifecycle.redispatch(session, file, policy)
        except sa.exc.OperationalError as error:
            failures.append(error)

    rival = threading.Thread(target=redispatch)
    with airlock.parts.database.writing() as session:
        session.execute(sa.select(Execution.id).where(Execution.id == run).with_for_update())
        rival.start()
        eventually(lambda: _somebody_waits(airlock), what="the rival to wait for the lock")
        lifecycle.end(session, run, ExecutionStatus.ERROR, policy, by="test", error="the end")
    rival.join()
    assert failures == []
    assert airlock.stored(run).status == "ERROR"


def _somebody_waits(airlock: Airlock) -> bool:
    question = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with airlock.parts.database.reading() as session:
        return bool(session.scalar(sa.text(question)))


def test_a_run_that_is_past_its_deadline_is_not_begun_any_more(airlock: Airlock) -> None:
    run = airlock.accept()
    move_run(airlock, run, deadline_at=utcnow())
    airlock.work()
    assert airlock.stored(run).started_at is None
