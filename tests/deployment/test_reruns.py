"""Reruns: an ended run once more, from inputs that it has kept; the first one stays as it ended, whatever happens."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from freezegun import freeze_time

from deployment.clock import utcnow
from deployment.kept_inputs import InputsNotKept, NotRerunnable, StillLive
from deployment.models import Deployment, Execution, ExecutionFile, ExecutionLabel, LogLine
from deployment.reconcile import reconcile
from deployment.reruns import Which, rerun
from deployment.slots import NoFreeSlot
from deployment.staging import InputGone
from deployment.stop import stop
from guards import outcome_of
from storage import AccessDenied, names
from tests.airlock import HELLO, Airlock
from tests.deployment.reconcile.overdue import pend
from tests.faults.boundaries import in_child
from tests.sabotage import AroundEnqueue, BeforeCopy, raising, replace_parts
from tests.servers.s3_proxy import S3Proxy

NewApp = Callable[..., Flask]
BAD = ("bad.bin", b"\x00\x01\x02")
FILES = [HELLO, BAD]


@pytest.fixture
def keeping(app: Flask) -> Airlock:
    """A deployment that keeps its inputs."""
    return Airlock(app, keep_inputs=True)


def ended(airlock: Airlock, *files: tuple[str, bytes], **fields: Any) -> UUID:
    run = airlock.accept(files or FILES, **fields)
    airlock.work_here(run)
    return run


def again(airlock: Airlock, run: UUID, which: Which = Which.ALL) -> UUID:
    return rerun(airlock.parts, airlock.run(run), which)


def columns(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in sa.inspect(type(row)).columns}


def everything_of(airlock: Airlock, run: UUID) -> tuple[Any, ...]:
    """The row, its files and its objects."""
    row = airlock.stored(run)
    return columns(row), [columns(file) for file in row.files], sorted(airlock.parts.store.keys(names.execution(run)))


def gone(airlock: Airlock, run: UUID) -> None:
    """As if it had been forgotten."""
    with airlock.parts.database.writing() as session:
        owned = (LogLine, ExecutionLabel, ExecutionFile)
        for belongs in (*(model.execution_id for model in owned), Execution.id):
            session.execute(sa.delete(belongs.class_).where(belongs == run))


def test_all_files_are_run_again_from_copies_and_the_first_run_is_not_touched(keeping: Airlock) -> None:
    first = ended(keeping, tags="one,two", custom_data='{"a": 1}')
    before = everything_of(keeping, first)
    second = again(keeping, first)
    assert len(keeping.inputs(second)) == 2
    keeping.work_here(second)
    run, firsts = keeping.stored(second), keeping.stored(first)
    assert (run.status, run.rerun_of, run.total_files) == ("COMPLETED", first, 2)
    assert [(file.name, file.size, file.sha256, file.status) for file in run.files] == [
        (file.name, file.size, file.sha256, file.status) for file in firsts.files
    ]
    assert (run.tags, run.custom_data, run.options) == (["one", "two"], {"a": 1}, firsts.options)
    assert everything_of(keeping, first) == before
    told = [keeping.get(each).get_json()["message"][0]["result"]["output"] for each in (first, second)]
    assert told[0] == told[1]


def test_the_logs_of_both_name_the_other_one(keeping: Airlock) -> None:
    first = ended(keeping)
    second = again(keeping, first)
    assert keeping.log(first)[-1] == f"Rerun as {second}"
    assert f"Rerun of {first}" in keeping.log(second)


def test_only_what_failed_is_run_again_if_that_is_asked_for(keeping: Airlock) -> None:
    second = again(keeping, ended(keeping), Which.FAILED)
    keeping.work_here(second)
    run = keeping.stored(second)
    assert [(file.ordinal, file.name, file.status) for file in run.files] == [(0, BAD[0], "FAILED")]
    assert run.status == "ERROR"


def test_what_a_stop_has_ended_has_failed_too(keeping: Airlock) -> None:
    first = keeping.accept(FILES)
    stop(keeping.parts, first, "a test")
    second = again(keeping, first, Which.FAILED)
    keeping.work_here(second)
    assert [file.status for file in keeping.stored(second).files] == ["SUCCESS", "FAILED"]


def test_a_rerun_can_be_run_again(keeping: Airlock) -> None:
    second = again(keeping, ended(keeping))
    keeping.work_here(second)
    third = again(keeping, second)
    keeping.work_here(third)
    assert (keeping.stored(third).status, keeping.stored(third).rerun_of) == ("COMPLETED", second)


def test_options_are_those_of_the_first_run_and_all_else_is_as_it_is_now(keeping: Airlock) -> None:
    """The workflow's version, too: it is often what makes the difference."""
    first = ended(keeping)
    options = {**keeping.stored(first).options, "max_pages": 7}
    keeping.swap(Execution, first, options=options, workflow_version="an old one")
    with keeping.parts.database.writing() as session:
        session.execute(sa.update(Deployment).values(options={"full_text": True}))
    run = keeping.stored(again(keeping, first))
    assert (run.workflow, run.options) == ("extract-text", options)
    assert run.workflow_version == keeping.parts.workflows.get("extract-text").version


def test_a_rerun_is_worked_on_although_history_has_its_result(keeping: Airlock) -> None:
    """Who asks for it wants the work done again."""
    second = again(keeping, ended(keeping, HELLO, use_file_history="true"))
    keeping.work_here(second)
    assert [file.from_history for file in keeping.stored(second).files] == [False]


def test_a_live_run_is_not_run_again(keeping: Airlock) -> None:
    with pytest.raises(StillLive, match="is QUEUED: it can be run again when it has ended"):
        again(keeping, keeping.accept())
    assert len(keeping.rows()) == 1


def test_a_run_that_did_not_keep_its_inputs_says_how_later_ones_do(airlock: Airlock) -> None:
    with pytest.raises(InputsNotKept, match=r"KEEP_INPUTS=true, or `flask deploy ... --keep-inputs`"):
        again(airlock, ended(airlock))
    assert len(airlock.rows()) == 1


def test_a_run_that_ended_before_its_seal_keeps_nothing_and_is_not_run_again(keeping: Airlock) -> None:
    """Some of its files may be missing."""
    first = keeping.accept(FILES)
    pend(keeping, first)
    reconcile(keeping.parts)
    assert (keeping.stored(first).status, keeping.inputs(first)) == ("ERROR", [])
    with pytest.raises(InputsNotKept, match="before it came to the workers"):
        again(keeping, first)


def test_a_run_whose_guard_failed_it_behind_the_seal_is_not_run_again(keeping: Airlock) -> None:
    """The queue refused it, so its inputs were undone."""
    replace_parts(keeping.app, dispatcher=AroundEnqueue(keeping.parts.dispatcher, before=raising(OSError("no"))))
    assert keeping.post().status_code == 422
    (first,) = keeping.rows()
    assert (first.sealed_at is not None, keeping.inputs(first.id)) == (True, [])
    with pytest.raises(InputsNotKept):
        again(keeping, first.id)


def test_an_expired_run_is_not_run_again_also_if_it_expires_at_that_moment(keeping: Airlock) -> None:
    first = keeping.run(ended(keeping))
    keeping.swap(Execution, first.id, expires_at=utcnow() - timedelta(seconds=1), cleanup_due_at=None)
    for seen in (first, keeping.run(first.id)):
        with pytest.raises(InputsNotKept, match="they expired with its result"):
            rerun(keeping.parts, seen, Which.ALL)
    assert len(keeping.rows()) == 1


def test_a_run_that_is_forgotten_at_that_moment_is_not_run_again(keeping: Airlock) -> None:
    first = keeping.run(ended(keeping))
    gone(keeping, first.id)
    with pytest.raises(InputsNotKept, match="it was forgotten"):
        rerun(keeping.parts, first, Which.ALL)
    assert keeping.rows() == []


def test_a_rerun_outlives_the_first_run(keeping: Airlock) -> None:
    first = ended(keeping)
    second = again(keeping, first)
    gone(keeping, first)
    keeping.work_here(second)
    assert (keeping.stored(second).status, keeping.stored(second).rerun_of) == ("COMPLETED", first)


def test_without_a_failed_file_there_is_nothing_to_run_again(keeping: Airlock) -> None:
    with pytest.raises(NotRerunnable, match=r"No file of execution .* has failed"):
        again(keeping, ended(keeping, HELLO), Which.FAILED)


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"workflow": "no-more"}, "There is no workflow 'no-more'"), ({"options": {"no": 1}}, "has no option 'no'")],
)
def test_a_workflow_that_cannot_run_it_any_more_is_told(keeping: Airlock, values: Any, reason: str) -> None:
    first = ended(keeping)
    keeping.swap(Execution, first, **values)
    with pytest.raises(NotRerunnable, match=reason):
        again(keeping, first)


def test_an_inactive_deployment_runs_nothing_again(keeping: Airlock) -> None:
    first = ended(keeping)
    with keeping.parts.database.writing() as session:
        session.execute(sa.update(Deployment).values(active=False))
    with pytest.raises(NotRerunnable, match="is inactive"):
        again(keeping, first)


def test_a_rerun_takes_a_slot_or_there_is_none(app: Flask) -> None:
    airlock = Airlock(app, keep_inputs=True, limit=1)
    first = ended(airlock)
    second = again(airlock, first)
    with pytest.raises(NoFreeSlot):
        again(airlock, first)
    assert airlock.post().status_code == 429
    airlock.work_here(second)
    assert again(airlock, first)


@pytest.mark.parametrize("nth", [1, 2])
def test_a_copy_that_fails_is_a_failed_step(app: Flask, nth: int) -> None:
    """ERROR with the reason, nothing left, the slot free."""
    airlock = Airlock(app, keep_inputs=True, limit=1)
    first = ended(airlock)
    before, store = everything_of(airlock, first), airlock.parts.store
    replace_parts(app, store=BeforeCopy(store, raising(AccessDenied("copy", "it")), nth))
    with pytest.raises(AccessDenied) as raised:
        again(airlock, first)
    replace_parts(app, store=store)
    failed = airlock.stored(airlock.rows()[1].id)
    assert (failed.status, failed.rerun_of) == ("ERROR", first)
    assert "cannot copy it" in str(failed.error)
    assert outcome_of(raised.value).run == failed.id  # type: ignore[union-attr]
    assert list(store.keys(names.execution(failed.id))) == []
    assert everything_of(airlock, first) == before
    assert again(airlock, first)


@pytest.mark.parametrize("nth", [1, 2])
def test_inputs_that_are_deleted_while_they_are_copied_fail_it_and_leave_nothing(keeping: Airlock, nth: int) -> None:
    first, store = ended(keeping), keeping.parts.store
    replace_parts(keeping.app, store=BeforeCopy(store, lambda: store.delete_prefix(names.inputs(first)), nth))
    with pytest.raises(InputGone):
        again(keeping, first)
    failed = keeping.stored(keeping.rows()[1].id)
    assert failed.status == "ERROR"
    assert f"execution {first} does not keep its inputs any more" in str(failed.error)
    assert list(store.keys(names.execution(failed.id))) == []


def test_a3_a_process_that_is_killed_while_it_copies_leaves_what_the_reconciler_ends(keeping: Airlock) -> None:
    first = ended(keeping)
    before = everything_of(keeping, first)
    kill: Callable[[], object] = lambda: os.kill(os.getpid(), signal.SIGKILL)  # noqa: E731

    def prepare() -> None:
        keeping.parts.forget_connections()
        replace_parts(keeping.app, store=BeforeCopy(keeping.parts.store, kill, 2))

    assert in_child(lambda: again(keeping, first), prepare) == signal.SIGKILL
    left = keeping.rows()[1]
    assert (left.status, len(keeping.inputs(left.id))) == ("PENDING", 1)
    with freeze_time(utcnow() + timedelta(seconds=30)):
        reconcile(keeping.parts)
        reconcile(keeping.parts)
    assert str(keeping.stored(left.id).error).startswith("abandoned_before_dispatch")
    assert keeping.inputs(left.id) == []
    assert everything_of(keeping, first) == before


def test_it_works_on_both_stores(new_app: NewApp, sqlite_url: str, redis_url: str, storage_url: str) -> None:
    airlock = Airlock(new_app(database_url=sqlite_url, redis_url=redis_url, storage_url=storage_url), keep_inputs=True)
    first = ended(airlock)
    second = again(airlock, first)
    airlock.work_here(second)
    assert [file.status for file in airlock.stored(second).files] == ["SUCCESS", "FAILED"]
    assert (len(airlock.inputs(first)), len(airlock.inputs(second))) == (2, 2)
    for run in (first, second):
        airlock.swap(Execution, run, expires_at=utcnow() - timedelta(seconds=1), cleanup_due_at=None)
    assert reconcile(airlock.parts)["purged"] == 2
    assert list(airlock.parts.store.keys("")) == []


def test_a1_a_storage_that_refuses_the_copy_is_the_reason_that_is_told(
    new_app: NewApp, sqlite_url: str, redis_url: str, s3_faults: S3Proxy
) -> None:
    settings = {"database_url": sqlite_url, "redis_url": redis_url, "storage_url": s3_faults.url}
    airlock = Airlock(new_app(**settings), keep_inputs=True)
    first = ended(airlock, HELLO)
    s3_faults.deny("PUT")
    with pytest.raises(AccessDenied):
        again(airlock, first)
    s3_faults.allow()
    failed = airlock.rows()[1]
    assert (failed.status, airlock.inputs(failed.id)) == ("ERROR", [])
    assert f"cannot copy {first}/in/0: the storage denies access" in str(failed.error)


@pytest.mark.parametrize(
    ("setting", "deployment", "kept"),
    [(False, None, False), (False, True, True), (True, None, True), (True, False, False)],
)
def test_a_deployment_goes_before_the_setting_and_what_held_at_the_accept_holds(
    new_app: NewApp, sqlite_url: str, redis_url: str, setting: bool, deployment: bool | None, kept: bool
) -> None:
    app = new_app(database_url=sqlite_url, redis_url=redis_url, keep_inputs=setting)
    airlock = Airlock(app, keep_inputs=deployment)
    run = airlock.accept([HELLO])
    with airlock.parts.database.writing() as session:
        session.execute(sa.update(Deployment).values(keep_inputs=not kept))
    airlock.work_here(run)
    later = {"cleanup_due_at": utcnow(), "ended_at": utcnow() - airlock.parts.policy.cleanup_grace}
    airlock.swap(Execution, run, **later)
    assert reconcile(airlock.parts)["cleaned_up"] == 1
    assert len(airlock.inputs(run)) == kept
