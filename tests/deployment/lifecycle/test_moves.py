"""The moves of a run and its files: each a swap that says whether it won, fenced, counted, and written once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.dispatch import Ticket
from deployment.models import ExecutionStatus
from tests.airlock import Airlock, File
from tests.deployment.lifecycle.claiming import claim, make
from tests.deployment.reconcile.overdue import move_run, pend

NewApp = Callable[..., Flask]
FOUR: list[File] = [(f"{number}.txt", b"text") for number in range(4)]


def test_a_claim_moves_the_file_and_the_run_and_raises_the_attempt(airlock: Airlock) -> None:
    run = airlock.accept()
    assert claim(airlock, run)
    execution = airlock.stored(run)
    file = execution.files[0]
    assert (execution.status, file.status, file.attempt, file.worker) == ("EXECUTING", "EXECUTING", 1, "me")
    assert execution.started_at is not None


def test_only_a_queued_file_can_be_claimed(new_app: NewApp, database_url: str, redis_url: str) -> None:
    """A ticket that is ahead of its file, as a hand that writes to Redis could make it, is refused as well."""
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, files_in_flight=1))
    run = airlock.accept(FOUR)
    assert not claim(airlock, run, 1), "its turn has not come"
    assert claim(airlock, run)
    assert not claim(airlock, run, worker="another"), "it is being worked on"


def test_of_two_claims_at_once_one_wins(airlock: Airlock) -> None:
    run, won = airlock.accept(), []
    together = threading.Barrier(2)

    def rival(name: str) -> None:
        together.wait()
        won.append(claim(airlock, run, worker=name))

    threads = [threading.Thread(target=rival, args=[name]) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The loser may have come late enough to read the raised attempt, and then asks for the next one, in vain.
    assert len([ticket for ticket in won if ticket]) == 1


def test_a_worker_that_lost_its_lease_can_write_nothing(airlock: Airlock) -> None:
    run = airlock.accept()
    zombie = claim(airlock, run)
    assert zombie
    make(airlock, lifecycle.lose, zombie, "gone")
    assert claim(airlock, run, worker="another")
    for move, args in (
        (lifecycle.succeed, ()),
        (lifecycle.fail, ("late",)),
        (lifecycle.hand_back, ("late",)),
        (lifecycle.lose, ("late",)),
    ):
        assert not make(airlock, move, zombie, *args).won
    assert not make(airlock, lifecycle.retry, zombie, "late", limit=5).won
    with airlock.parts.database.writing() as session:
        assert not lifecycle.renew(session, zombie, airlock.parts.policy)
        assert not lifecycle.holds(session, zombie)
    file = airlock.stored(run).files[0]
    assert (file.status, file.attempt, file.losses, file.error) == ("EXECUTING", 2, 1, None)


def test_a_file_handed_back_has_lost_nothing_and_raises_its_attempt_at_the_next_claim(airlock: Airlock) -> None:
    run = airlock.accept()
    for number in range(1, 8):
        ticket = claim(airlock, run)
        assert ticket
        assert ticket.attempt == number
        move = make(airlock, lifecycle.hand_back, ticket, "a deploy")
        assert move.tickets == [Ticket(run, ticket.file_id, number + 1, number + 1)]
    assert airlock.stored(run).files[0].losses == 0


def test_an_end_is_written_once_and_never_changed(airlock: Airlock) -> None:
    run = airlock.accept()
    ticket = claim(airlock, run)
    assert ticket
    assert make(airlock, lifecycle.succeed, ticket).ended
    before = airlock.stored(run)
    assert not make(airlock, lifecycle.fail, ticket, "late").won
    with airlock.parts.database.writing() as session:
        stop = lifecycle.end(session, run, ExecutionStatus.STOPPED, airlock.parts.policy, by="stop")
    after = airlock.stored(run)
    assert not stop
    assert (after.status, after.ended_at, after.ended_by) == ("COMPLETED", before.ended_at, "worker")
    assert after.cleanup_due_at is not None


def test_the_files_of_a_run_are_in_flight_a_few_at_a_time_and_in_order(
    new_app: NewApp, database_url: str, redis_url: str
) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, files_in_flight=2))
    run = airlock.accept(FOUR)
    assert [file.status for file in airlock.stored(run).files] == ["QUEUED", "QUEUED", "WAITING", "WAITING"]
    second = claim(airlock, run, 1)
    assert second
    move = make(airlock, lifecycle.fail, second, "no good")
    third = airlock.stored(run).files[2]
    assert move.tickets == [Ticket(run, third.id, 1, 1)]
    assert [file.status for file in airlock.stored(run).files] == ["QUEUED", "FAILED", "QUEUED", "WAITING"]


@pytest.mark.parametrize(
    ("failing", "status", "reason"),
    [
        ((), "COMPLETED", None),
        ((0, 1, 2), "COMPLETED", None),
        ((0, 1, 2, 3), "ERROR", "none of the 4 files succeeded; the first, '0.txt': bad 0"),
    ],
)
def test_the_end_of_the_last_file_ends_the_run_with_the_sum(
    new_app: NewApp, database_url: str, redis_url: str, failing: tuple[int, ...], status: str, reason: str | None
) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, files_in_flight=4))
    run = airlock.accept(FOUR)
    for ordinal in (2, 0, 3, 1):
        assert airlock.stored(run).live
        ticket = claim(airlock, run, ordinal)
        assert ticket
        if ordinal in failing:
            make(airlock, lifecycle.fail, ticket, f"bad {ordinal}")
        else:
            make(airlock, lifecycle.succeed, ticket)
    ended = airlock.stored(run)
    assert (ended.status, ended.error, ended.open_files) == (status, reason, 0)


def test_a_lease_never_reaches_beyond_the_deadline(new_app: NewApp, database_url: str, redis_url: str) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, execution_deadline=5))
    run = airlock.accept()
    execution = airlock.stored(run)
    assert execution.lease_expires_at == execution.deadline_at
    pend(airlock, run)
    with airlock.parts.database.writing() as session:
        assert lifecycle.renew_staging(session, run, airlock.parts.policy)
    assert airlock.stored(run).lease_expires_at == execution.deadline_at
    move_run(airlock, run, deadline_at=utcnow() - timedelta(seconds=1))
    with airlock.parts.database.writing() as session:
        assert not lifecycle.renew_staging(session, run, airlock.parts.policy)


def test_a_reason_that_no_database_takes_is_made_readable(airlock: Airlock) -> None:
    run = airlock.accept()
    ticket = claim(airlock, run)
    assert ticket
    make(airlock, lifecycle.fail, ticket, "nul \x00, surrogate \ud800")
    assert airlock.stored(run).error == r"nul \x00, surrogate \ud800"
