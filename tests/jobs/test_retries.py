"""Workflows that ask for another try, with real workers: they get it, whoever dies meanwhile, a few times at most."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from deployment.clock import utcnow
from deployment.models import Execution, ExecutionFile
from deployment.reconcile import reconcile
from storage import names
from tests.deployment.cli.commands import Commands
from tests.eventually import eventually
from tests.jobs.stage import Stage

NewStage = Callable[..., Stage]


def make_due(stage: Stage, run: UUID) -> None:
    """The pause is over, as the passing of time would have it."""
    stage.swap(ExecutionFile, stage.file(run).id, retry_at=utcnow())
    stage.swap(Execution, run, lease_expires_at=utcnow() - timedelta(seconds=1))


def test_a_workflow_that_fails_twice_for_now_succeeds_at_its_third_try(stage: Stage) -> None:
    run = stage.accept([stage.act("be busy twice")])
    with stage.worker():
        ended = stage.ended(run)
    file = ended.files[0]
    assert (ended.status, file.attempt, file.retries, file.losses) == ("COMPLETED", 3, 2, 0)
    assert (file.error, file.retry_at, len(stage.pids())) == (None, None, 3)
    told = [line for line in stage.log(run) if "the model is busy; tries again at" in line]
    assert [line.partition(" failed")[0] for line in told] == ["Attempt 1", "Attempt 2"]


def test_a_failure_that_the_workflow_has_declared_is_tried_again_until_its_retries_are_used_up(
    new_stage: NewStage, sqlite_url: str, redis_url: str
) -> None:
    stage = new_stage("act-again", database_url=sqlite_url, redis_url=redis_url)
    run = stage.accept([stage.act("break")])
    for _ in range(2):
        stage.work()
        assert stage.status(run, "WAITING")()
        make_due(stage, run)
        reconcile(stage.parts)
    stage.work()
    ended = stage.stored(run)
    assert (ended.status, len(stage.pids())) == ("ERROR", 3)
    assert str(ended.error).startswith("ConnectionResetError: by redis://")
    assert str(ended.error).endswith("; gave up after 3 tries")
    assert "secret" not in str(ended.error)


def test_an_operator_sees_why_and_until_when_a_file_waits(sqlite_stage: Stage) -> None:
    run = sqlite_stage.accept([sqlite_stage.act("be busy")])
    sqlite_stage.work()
    told = Commands(sqlite_stage.app).ask("executions", "show", str(run))
    (file,), until = told["files"], sqlite_stage.file(run).retry_at
    assert until is not None
    assert (file["status"], file["retries"], file["retry_at"]) == ("WAITING", 1, until.isoformat(timespec="seconds"))
    assert file["error"] == "TimeoutError: no answer within 5 s"
    assert any(f"tries again at {file['retry_at']}" in line["message"] for line in told["log"])


def test_nobody_holds_a_file_that_waits_so_its_worker_may_die(sqlite_stage: Stage) -> None:
    run = sqlite_stage.accept([sqlite_stage.act("be busy twice")])
    with sqlite_stage.worker() as first:
        eventually(lambda: sqlite_stage.file(run).retries == 1, what="the first try to fail")
        first.signal(signal.SIGKILL)
    with sqlite_stage.worker():
        ended = sqlite_stage.ended(run)
    assert (ended.status, ended.files[0].losses) == ("COMPLETED", 0)


def test_what_a_failed_try_has_stored_is_gone_after_the_end(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    run = stage.accept([stage.act("be busy twice")])
    stage.work()
    left = f"{names.output_prefix(run, stage.file(run).id, 1)}pages/1"
    stage.parts.store.put(left, io.BytesIO(b"half of it"))
    with stage.worker():
        ended = stage.ended(run)
    eventually(lambda: reconcile(stage.parts) is not None and not stage.inputs(run), what="the cleanup")
    keys = list(stage.parts.store.keys(names.execution(run)))
    assert keys == [names.result_key(run, ended.files[0].id, 3)]


@pytest.mark.parametrize("act", ["fail", "exit"])
def test_any_other_failure_is_final(new_stage: NewStage, sqlite_url: str, redis_url: str, act: str) -> None:
    stage = new_stage("act-again", database_url=sqlite_url, redis_url=redis_url)
    run = stage.accept([stage.act(act)])
    stage.work()
    assert (stage.stored(run).status, stage.file(run).retries) == ("ERROR", 0)
