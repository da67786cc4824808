"""The reconciler's table, row by row: what is overdue makes its next legal move, whatever else is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from redis import Redis

from deployment.clock import utcnow
from deployment.models import ExecutionFile
from deployment.reconcile import reconcile
from tests.airlock import Airlock
from tests.deployment.reconcile.overdue import TWO, lose_worker, move_file, move_run, pend

NewApp = Callable[..., Flask]


def test_nothing_overdue_nothing_done(airlock: Airlock) -> None:
    run = airlock.accept()
    assert reconcile(airlock.parts) == {}
    assert airlock.stored(run).status == "QUEUED"


def test_a3_a_pending_run_without_its_request_is_abandoned_and_cleaned_up(airlock: Airlock) -> None:
    run = airlock.accept()
    pend(airlock, run)
    done = reconcile(airlock.parts)
    ended = airlock.stored(run)
    assert (done["abandoned"], done["cleaned_up"]) == (1, 1)
    assert (ended.status, ended.ended_by) == ("ERROR", "reconciler")
    assert ended.error is not None
    assert ended.error.startswith("abandoned_before_dispatch: ")
    assert airlock.inputs(run) == []
    airlock.work()
    assert airlock.stored(run).started_at is None


def test_a5_an_abandoned_run_ends_with_the_reason_that_its_request_has_left(airlock: Airlock) -> None:
    run = airlock.accept()
    airlock.parts.last_words.leave(run, "AccessDenied: with a NUL \x00")
    pend(airlock, run)
    reconcile(airlock.parts)
    assert str(airlock.stored(run).error).startswith("AccessDenied: with a NUL ")


def test_a_queued_file_whose_ticket_stands_in_the_list_is_an_honest_backlog(airlock: Airlock) -> None:
    run = airlock.accept()
    move_file(airlock, run)
    tickets = airlock.tickets()
    assert reconcile(airlock.parts) == {"still_queued": 1}
    file = airlock.stored(run).files[0]
    assert (file.dispatch, airlock.tickets()) == (1, tickets)
    assert file.lease_expires_at is not None
    assert file.lease_expires_at > utcnow()


@pytest.mark.parametrize("where", ["nowhere", "hash only", "intermediate list", "failed"])
def test_b4_a_queued_file_whose_ticket_is_anywhere_else_gets_a_new_one(
    airlock: Airlock, redis_url: str, where: str
) -> None:
    run = airlock.accept()
    lost = airlock.tickets()[0]
    with Redis.from_url(redis_url) as redis:
        if where == "intermediate list":
            redis.lmove("rq:queue:airlock", "rq:queue:airlock:intermediate")
        redis.lrem("rq:queue:airlock", 0, lost)
        if where == "nowhere":
            redis.delete(f"rq:job:{lost}")
        if where == "failed":
            redis.zadd("rq:failed:airlock", {lost: 9e9})
            redis.hset(f"rq:job:{lost}", "status", "failed")
    file = move_file(airlock, run)
    assert reconcile(airlock.parts)["redispatched"] == 1
    assert airlock.tickets() == [f"{file.id}-a1-d2"]
    airlock.work()
    ended = airlock.stored(run)
    assert (ended.status, ended.files[0].attempt, ended.files[0].losses) == ("COMPLETED", 1, 0)


def test_a_gap_in_the_flight_of_a_run_is_filled(new_app: NewApp, database_url: str, redis_url: str) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, files_in_flight=1))
    run = airlock.accept(TWO)
    move_file(airlock, run, status="SUCCESS", ended_at=utcnow(), lease_expires_at=None, attempt=1)
    move_run(airlock, run, status="EXECUTING", open_files=1)
    assert reconcile(airlock.parts)["gap_filled"] == 1
    second = airlock.stored(run).files[1]
    assert second.status == "QUEUED"
    assert f"{second.id}-a1-d1" in airlock.tickets()
    airlock.work()
    assert airlock.stored(run).status == "COMPLETED"


def test_b1_a_file_whose_worker_was_not_heard_of_is_queued_again(airlock: Airlock) -> None:
    run = airlock.accept()
    lose_worker(airlock, run)
    assert reconcile(airlock.parts)["worker_lost"] == 1
    file = airlock.stored(run).files[0]
    assert (file.status, file.losses, file.worker) == ("QUEUED", 1, None)
    assert f"{file.id}-a2-d2" in airlock.tickets()
    airlock.work()
    assert airlock.stored(run).status == "COMPLETED"


def test_b1_a_file_that_has_lost_too_many_workers_fails(airlock: Airlock) -> None:
    run = airlock.accept()
    lose_worker(airlock, run, attempt=5, losses=2)
    reconcile(airlock.parts)
    ended = airlock.stored(run)
    assert (ended.status, ended.files[0].status) == ("ERROR", "FAILED")
    assert str(ended.error).startswith("worker_lost: worker dead was not heard of for 20 s; gave up after 3 attempts")


@pytest.mark.parametrize("status", ["PENDING", "QUEUED", "EXECUTING"])
def test_a_run_in_any_live_state_ends_by_its_own_deadline(airlock: Airlock, status: str) -> None:
    run = airlock.accept(TWO)
    move_run(airlock, run, status=status, deadline_at=utcnow() - timedelta(seconds=10))
    assert reconcile(airlock.parts)["deadline_exceeded"] == 1
    ended = airlock.stored(run)
    assert (ended.status, ended.open_files) == ("ERROR", 0)
    assert str(ended.error).startswith("deadline_exceeded: it was to end by 20")
    assert {(file.status, file.error) for file in ended.files} == {("FAILED", ended.error)}
    airlock.work()
    assert airlock.stored(run).ended_at == ended.ended_at


def test_a_terminal_run_whose_cleanup_is_due_is_cleaned_up(airlock: Airlock) -> None:
    run = airlock.accept()
    ended = {"status": "STOPPED", "ended_by": "stop", "ended_at": utcnow(), "lease_expires_at": None}
    move_run(airlock, run, **ended, cleanup_due_at=utcnow())
    assert reconcile(airlock.parts)["cleaned_up"] == 1
    assert airlock.inputs(run) == []


def test_b5_a_queue_that_cannot_be_asked_is_taken_for_an_honest_backlog(new_app: NewApp, database_url: str) -> None:
    app = new_app(database_url=database_url, redis_url="redis://127.0.0.1:1/0")
    airlock = Airlock(app)
    assert airlock.post().status_code == 422
    run = airlock.rows()[0].id
    live = {"status": "QUEUED", "error": None, "ended_at": None, "ended_by": None, "cleanup_due_at": None}
    move_run(airlock, run, **live)
    move_file(airlock, run, status="QUEUED", error=None, ended_at=None, dispatch=1)
    assert reconcile(airlock.parts)["still_queued"] == 1


def test_reading_a_run_repairs_it(airlock: Airlock) -> None:
    run, other = airlock.accept(), airlock.accept()
    for each in (run, other):
        lose_worker(airlock, each, losses=2)
    told = airlock.get(run)
    assert (told.status_code, told.get_json()["status"]) == (422, "ERROR")
    assert airlock.stored(other).status == "EXECUTING", "a reader pays for what it reads, not for everyone"


def test_c5_the_age_of_the_last_pass_is_on_readyz(airlock: Airlock) -> None:
    assert airlock.client.get("/readyz").get_json()["reconciler"] == {"age_seconds": None, "late": True}
    reconcile(airlock.parts)
    told = airlock.client.get("/readyz").get_json()["reconciler"]
    assert told["late"] is False
    assert told["age_seconds"] < 5


def test_c7_a_live_row_without_a_lease_cannot_be_stored(airlock: Airlock) -> None:
    run = airlock.accept()
    with pytest.raises(sa.exc.IntegrityError):
        move_run(airlock, run, lease_expires_at=None)
    with pytest.raises(sa.exc.IntegrityError):
        airlock.swap(ExecutionFile, airlock.stored(run).files[0].id, lease_expires_at=None)
