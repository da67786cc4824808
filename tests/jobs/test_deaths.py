"""Workers and work-horses that die, hang, or overrun (faults B1, B2; promise 1)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import psutil
import pytest

from tests.eventually import eventually
from tests.jobs.stage import LEASE, Stage, gone

NewStage = Callable[..., Stage]


def test_b1_a_killed_worker_takes_its_work_horse_along_and_the_file_runs_again_elsewhere(stage: Stage) -> None:
    run = stage.accept([stage.act("hold")])
    with stage.worker() as first:
        horse = stage.begun()
        first.signal(signal.SIGKILL)
        eventually(gone(horse), within=1)
    assert stage.status(run, "EXECUTING")()
    stage.go()
    with stage.worker():
        ended = stage.ended(run)
    file = ended.files[0]
    assert (ended.status, file.attempt, file.losses) == ("COMPLETED", 2, 1)
    assert any(f"was not heard of for {LEASE:g} s" in line for line in stage.log(run))


def test_b2_a_killed_work_horse_is_noticed_within_a_second_and_its_file_runs_again(stage: Stage) -> None:
    run = stage.accept([stage.act("hold")])
    with stage.worker():
        os.kill(stage.begun(), signal.SIGKILL)
        stage.begun(times=2, within=2)
        assert stage.file(run).losses == 1
        stage.go()
        assert stage.ended(run, rescue=False).status == "COMPLETED"
    assert any("killed by SIGKILL" in line for line in stage.log(run))


@pytest.mark.parametrize(
    ("act", "cause"), [("die", "killed by SIGKILL"), ("leave", "left with status 3 without ending the file")]
)
def test_attempts_are_used_up_and_the_reason_says_how_the_work_horse_died(
    sqlite_stage: Stage, act: str, cause: str
) -> None:
    run = sqlite_stage.accept([sqlite_stage.act(act)])
    with sqlite_stage.worker():
        ended = sqlite_stage.ended(run, rescue=False)
    assert (ended.status, ended.files[0].status, len(sqlite_stage.pids())) == ("ERROR", "FAILED", 3)
    assert ended.error is not None
    assert ended.error.startswith("worker_lost: ")
    assert cause in ended.error
    assert "after 3 attempts" in ended.error


def test_a_library_that_says_exit_fails_its_file_at_once(sqlite_stage: Stage) -> None:
    run = sqlite_stage.accept([sqlite_stage.act("exit")])
    sqlite_stage.work()
    ended = sqlite_stage.stored(run)
    assert (ended.status, ended.error) == ("ERROR", "SystemExit: a library says exit")
    assert ended.files[0].losses == 0


def test_a_reason_that_no_database_can_store_still_ends_the_file(stage: Stage) -> None:
    run = stage.accept([stage.act("fail unreadably")])
    stage.work()
    ended = stage.stored(run)
    assert (ended.status, ended.files[0].losses) == ("ERROR", 0)
    assert "ValueError: nul" in str(ended.error)


@pytest.mark.parametrize("act", ["hold", "hang in C"])
def test_work_that_listens_to_nothing_is_killed_at_its_time_limit(
    new_stage: NewStage, act: str, sqlite_url: str, redis_url: str
) -> None:
    stage = new_stage("act-briefly", database_url=sqlite_url, redis_url=redis_url)
    run = stage.accept([stage.act(act)])
    began = time.monotonic()
    with stage.worker():
        ended = stage.ended(run, rescue=False)
    assert time.monotonic() - began < 3
    assert (ended.status, len(stage.pids())) == ("ERROR", 1)
    assert ended.error == "time_limit_exceeded: the workflow took longer than its 0.5 s"


def test_what_a_workflow_has_started_dies_with_its_work_horse(sqlite_stage: Stage) -> None:
    run = sqlite_stage.accept([sqlite_stage.act("spawn")])
    with sqlite_stage.worker():
        horse = sqlite_stage.begun()
        child = int((sqlite_stage.folder / "note.child").read_text())
        assert psutil.pid_exists(child)
        os.kill(horse, signal.SIGKILL)
        eventually(gone(child), within=2)
        sqlite_stage.go()
        assert sqlite_stage.ended(run).status == "COMPLETED"


def test_a_deadline_ends_the_run_and_its_worker_stops_the_work(
    new_stage: NewStage, database_url: str, redis_url: str
) -> None:
    stage = new_stage(database_url=database_url, redis_url=redis_url, execution_deadline=1.5)
    run = stage.accept([stage.act("hold"), stage.act("hold", "second")])
    with stage.worker() as worker:
        horse = stage.begun()
        ended = stage.ended(run)
        eventually(gone(horse), within=2)
        assert worker.alive
        assert ended.error is not None
        assert (ended.status, ended.ended_by) == ("ERROR", "reconciler")
        assert ended.error.startswith("deadline_exceeded: ")
        assert {file.status for file in ended.files} == {"FAILED"}
    assert stage.stored(run).error == ended.error
