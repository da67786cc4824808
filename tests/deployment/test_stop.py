"""Stopping a run at any moment (fault B10): at once, once, and with nothing left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from unittest import mock
from uuid import UUID, uuid4

import pytest
from click.testing import Result
from flask import Flask

from deployment.reconcile import reconcile
from deployment.stop import AlreadyEnded, NoSuchExecution, stop
from tests.airlock import Airlock
from tests.deployment.reconcile.overdue import TWO, lose_worker, pend

NewApp = Callable[..., Flask]


@pytest.mark.parametrize("state", ["PENDING", "QUEUED", "EXECUTING"])
def test_b10_a_live_run_is_stopped_at_once_and_leaves_no_slot_ticket_or_object(
    new_app: NewApp, database_url: str, redis_url: str, state: str
) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, org_concurrency=1, cleanup_grace=0))
    run = airlock.accept(TWO)
    if state == "PENDING":
        pend(airlock, run)
    elif state == "EXECUTING":
        lose_worker(airlock, run)
    assert airlock.stored(run).status == state
    stop(airlock.parts, run, by="the operator")
    stopped = airlock.stored(run)
    assert (stopped.status, stopped.ended_by, stopped.error) == ("STOPPED", "stop", "stopped by the operator")
    assert {file.status for file in stopped.files} == {"STOPPED"}
    assert airlock.inputs(run) == []
    other = airlock.accept()  # the slot is free
    airlock.work()
    assert airlock.stored(run).started_at == stopped.started_at
    assert airlock.stored(other).status == "COMPLETED"
    assert airlock.get(run).status_code == 422


def test_b10_a_stop_after_the_end_changes_nothing_and_says_how_it_ended(airlock: Airlock) -> None:
    run = airlock.accept()
    airlock.work_here(run)
    before = airlock.stored(run)
    with pytest.raises(AlreadyEnded, match="has ended already, as COMPLETED") as refused:
        stop(airlock.parts, run, by="the operator")
    assert refused.value.status == "COMPLETED"
    assert airlock.stored(run).ended_at == before.ended_at


def test_stopping_what_does_not_exist_says_so(airlock: Airlock) -> None:
    with pytest.raises(NoSuchExecution):
        stop(airlock.parts, uuid4(), by="the operator")


def test_of_two_stops_at_once_one_is_told_that_it_came_too_late(airlock: Airlock) -> None:
    run, outcomes = airlock.accept(), []

    def one() -> None:
        try:
            stop(airlock.parts, run, by="somebody")
            outcomes.append("stopped")
        except AlreadyEnded:
            outcomes.append("too late")

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["stopped", "too late"]


def test_a_queue_that_is_away_stops_nobody_from_stopping(new_app: NewApp, sqlite_url: str, redis_url: str) -> None:
    airlock = Airlock(new_app(database_url=sqlite_url, redis_url=redis_url))
    run = airlock.accept()
    with mock.patch.object(airlock.parts.dispatcher, "cancel", side_effect=ConnectionError):
        stop(airlock.parts, run, by="the operator")
    assert airlock.stored(run).status == "STOPPED"
    airlock.work()
    assert airlock.tickets() == []
    assert reconcile(airlock.parts)["worker_lost"] == 0


def test_the_command_stops_and_says_what_it_cannot_stop(new_app: NewApp, sqlite_url: str, redis_url: str) -> None:
    airlock = Airlock(new_app(database_url=sqlite_url, redis_url=redis_url))
    run = airlock.accept()
    done = stop_command(airlock, run, "--json")
    assert (done.exit_code, '"status": "STOPPED"' in done.output) == (0, True)
    again = stop_command(airlock, run)
    assert again.exit_code == 1
    assert "has ended already, as STOPPED" in again.output
    unknown = stop_command(airlock, uuid4())
    assert unknown.exit_code == 2
    assert "There is no execution" in unknown.output


def stop_command(airlock: Airlock, run: UUID, *options: str) -> Result:
    with airlock.app.app_context():
        return airlock.app.test_cli_runner().invoke(args=["executions", "stop", str(run), *options])
