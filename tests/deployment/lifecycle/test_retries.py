"""A failure that may pass: the file waits, its row says until when, and a pass of the reconciler queues it again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from freezegun import freeze_time

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.dispatch import Ticket
from deployment.models import ExecutionFile
from deployment.reconcile import reconcile, rescue
from deployment.stop import stop
from tests.airlock import Airlock
from tests.deployment.lifecycle.claiming import claim, make
from tests.deployment.reconcile.overdue import TWO, lose_worker, move_file, move_run

NewApp = Callable[..., Flask]
BUSY = "the model is busy"


@pytest.fixture
def new_airlock(new_app: NewApp, database_url: str, redis_url: str) -> Callable[..., Airlock]:
    """On each database, with settings of one's choice."""
    return lambda **settings: Airlock(new_app(database_url=database_url, redis_url=redis_url, **settings))


def fail_for_now(airlock: Airlock, run: UUID, ordinal: int = 0, **how: Any) -> ExecutionFile:
    """Claim a file, and let its workflow ask for another try; the file as it is then."""
    ticket = claim(airlock, run, ordinal)
    assert ticket, "it could not be claimed"
    assert make(airlock, lifecycle.retry, ticket, BUSY, **{"limit": 5, **how}).won
    return airlock.stored(run).files[ordinal]


def make_due(airlock: Airlock, run: UUID) -> None:
    """The pause is over, as the passing of time would have it."""
    move_file(airlock, run, retry_at=utcnow(), lease_expires_at=utcnow() + timedelta(hours=1))
    move_run(airlock, run)


def test_the_file_waits_with_a_lease_and_says_why_and_until_when(airlock: Airlock) -> None:
    run = airlock.accept()
    file = fail_for_now(airlock, run)
    execution = airlock.stored(run)
    assert file.retry_at is not None
    assert (file.status, file.worker, file.retries, file.losses, file.error) == ("WAITING", None, 1, 0, BUSY)
    assert (file.lease_expires_at, execution.status) == (execution.deadline_at, "EXECUTING")
    assert execution.lease_expires_at is not None
    assert execution.lease_expires_at <= file.retry_at
    again = file.retry_at.isoformat(timespec="seconds")
    assert f"Attempt 1 failed: {BUSY}; tries again at {again}" in airlock.log(run)


def test_it_is_queued_by_the_first_pass_after_its_time_and_by_none_before(airlock: Airlock) -> None:
    with freeze_time(utcnow()) as clock:
        run = airlock.accept()
        airlock.parts.dispatcher.cancel([Ticket(run, airlock.stored(run).files[0].id, 1, 1)])
        file = fail_for_now(airlock, run, after=60)
        assert file.retry_at is not None
        while utcnow() + timedelta(seconds=5) < file.retry_at:
            clock.tick(timedelta(seconds=5))
            reconcile(airlock.parts)
        assert airlock.tickets() == []
        clock.move_to(file.retry_at + airlock.parts.policy.clock_skew)
        assert rescue(airlock.parts) == {"gap_filled": 1}
        assert airlock.tickets() == [f"{file.id}-a2-d2"]
        queued = airlock.stored(run).files[0]
        assert (queued.status, queued.retry_at, queued.error) == ("QUEUED", None, None)


def test_the_pauses_double_spread_out_and_end_at_five_minutes(new_airlock: Callable[..., Airlock]) -> None:
    airlock, pauses = new_airlock(execution_deadline=86400), []
    with freeze_time(utcnow()) as clock:
        run = airlock.accept()
        for _ in range(9):
            file = fail_for_now(airlock, run, limit=9)
            assert file.retry_at is not None
            pauses.append((file.retry_at - utcnow()).total_seconds())
            clock.move_to(file.retry_at + airlock.parts.policy.clock_skew)
            rescue(airlock.parts)
    for pause, longest in zip(pauses, (5, 10, 20, 40, 80, 160, 300, 300, 300), strict=True):
        assert longest / 2 <= pause <= longest
    assert len(set(pauses[-3:])) == 3, "what failed together would come back together"


def test_a_pause_that_the_workflow_asks_for_is_no_shorter_and_not_much_longer(airlock: Airlock) -> None:
    with freeze_time(utcnow()):
        run = airlock.accept([(f"{number}.txt", b"text") for number in range(8)])
        for ordinal in range(8):
            file = fail_for_now(airlock, run, ordinal, after=100)
            assert file.retry_at is not None
            assert 100 <= (file.retry_at - utcnow()).total_seconds() <= 120


def test_without_a_pause_it_is_queued_in_the_same_move(airlock: Airlock) -> None:
    run = airlock.accept()
    ticket = claim(airlock, run)
    assert ticket
    move = make(airlock, lifecycle.retry, ticket, BUSY, limit=5, after=0)
    assert move.tickets == [Ticket(run, ticket.file_id, 2, 2)]


@pytest.mark.parametrize(("limit", "tries"), [(0, "1 try"), (2, "3 tries")])
def test_when_its_retries_are_used_up_it_fails_with_the_last_reason_and_the_number_of_tries(
    airlock: Airlock, limit: int, tries: str
) -> None:
    run = airlock.accept()
    for _ in range(limit):
        fail_for_now(airlock, run, limit=limit, after=0)
    fail_for_now(airlock, run, limit=limit)
    ended = airlock.stored(run)
    assert (ended.status, ended.files[0].status, ended.files[0].retries) == ("ERROR", "FAILED", limit)
    assert ended.error == f"{BUSY}; gave up after {tries}"


def test_retries_use_up_no_attempts_and_lost_workers_no_retries(new_airlock: Callable[..., Airlock]) -> None:
    airlock = new_airlock(max_attempts=2)
    run = airlock.accept()
    for _ in range(3):
        fail_for_now(airlock, run, limit=4, after=0)
    lose_worker(airlock, run, attempt=4)
    rescue(airlock.parts)
    file = fail_for_now(airlock, run, limit=4, after=0)
    assert (file.status, file.attempt, file.retries, file.losses) == ("QUEUED", 5, 4, 1)


def test_a_try_that_would_come_after_the_deadline_is_not_waited_for(new_airlock: Callable[..., Airlock]) -> None:
    airlock = new_airlock(execution_deadline=50)
    run = airlock.accept()
    fail_for_now(airlock, run, after=60)
    error = str(airlock.stored(run).error)
    assert error == f"{BUSY}; gave up after 1 try: the next one would come after the deadline of its run"


@pytest.mark.parametrize("after", [float("inf"), 1e300])
def test_a_pause_for_ever_ends_the_file(airlock: Airlock, after: float) -> None:
    assert fail_for_now(airlock, airlock.accept(), after=after).status == "FAILED"


def test_the_deadline_ends_a_run_whose_file_waits(airlock: Airlock) -> None:
    run = airlock.accept()
    fail_for_now(airlock, run)
    move_run(airlock, run, deadline_at=utcnow() - timedelta(seconds=10))
    assert rescue(airlock.parts)["deadline_exceeded"] == 1
    file = airlock.stored(run).files[0]
    assert (file.status, file.retry_at) == ("FAILED", None)


def test_a_run_whose_file_waits_can_be_stopped_for_good(airlock: Airlock) -> None:
    run = airlock.accept()
    file = fail_for_now(airlock, run)
    assert file.retry_at is not None
    stop(airlock.parts, run, by="a test")
    with freeze_time(file.retry_at + timedelta(minutes=1)):
        reconcile(airlock.parts)
        airlock.work()
    ended = airlock.stored(run)
    assert (ended.status, ended.files[0].status, ended.files[0].attempt) == ("STOPPED", "STOPPED", 1)
    assert airlock.tickets() == []


def test_a_file_that_waits_takes_no_place_and_is_the_first_when_one_is_free(
    new_airlock: Callable[..., Airlock],
) -> None:
    airlock = new_airlock(files_in_flight=1)
    run = airlock.accept([*TWO, ("third.txt", b"Even more.")])
    fail_for_now(airlock, run)
    assert [file.status for file in airlock.stored(run).files] == ["WAITING", "QUEUED", "WAITING"]
    make_due(airlock, run)
    rescue(airlock.parts)
    assert [file.status for file in airlock.stored(run).files] == ["WAITING", "QUEUED", "WAITING"]
    second = claim(airlock, run, 1)
    assert second
    make(airlock, lifecycle.succeed, second)
    assert [file.status for file in airlock.stored(run).files] == ["QUEUED", "SUCCESS", "WAITING"]


def test_rescuers_at_once_queue_it_once(airlock: Airlock) -> None:
    run = airlock.accept()
    fail_for_now(airlock, run)
    make_due(airlock, run)
    together = threading.Barrier(4)

    def one() -> None:
        together.wait()
        rescue(airlock.parts)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file = airlock.stored(run).files[0]
    assert (file.status, file.dispatch) == ("QUEUED", 2)
    assert airlock.tickets().count(f"{file.id}-a2-d2") == 1


def test_a_time_for_another_try_can_only_be_stored_with_a_file_that_waits(airlock: Airlock) -> None:
    run = airlock.accept()
    file = airlock.stored(run).files[0]
    with pytest.raises(sa.exc.IntegrityError):
        airlock.swap(ExecutionFile, file.id, retry_at=utcnow())
    fail_for_now(airlock, run)
    with pytest.raises(sa.exc.IntegrityError):
        airlock.swap(ExecutionFile, file.id, status="QUEUED")


def test_a_reason_that_no_database_takes_is_made_readable(airlock: Airlock) -> None:
    run = airlock.accept()
    ticket = claim(airlock, run)
    assert ticket
    make(airlock, lifecycle.retry, ticket, "nul \x00, surrogate \ud800", limit=5)
    assert airlock.stored(run).files[0].error == r"nul \x00, surrogate \ud800"
