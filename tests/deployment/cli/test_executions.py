"""`flask executions` and `flask reconcile --once`: what ran, how it ended, and what was repaired."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask

from deployment.clock import utcnow
from deployment.deletion import delete_run
from deployment.models import Execution
from storage import AccessDenied
from tests.airlock import Airlock
from tests.deployment.cli.commands import Commands
from tests.sabotage import BeforeCopy, raising, replace_parts

HOSTILE = "[red]<b>\u202egnp.exe"


@pytest.fixture
def commands(airlock: Airlock) -> Commands:
    return Commands(airlock.app)


def test_the_list_has_the_newest_first(airlock: Airlock, commands: Commands) -> None:
    ids = [str(airlock.accept()) for _ in range(3)]
    rows = commands.ask("executions", "list", "--limit", "2")
    assert [row["id"] for row in rows] == [ids[2], ids[1]]
    assert {(row["status"], row["deployment"], row["files"]) for row in rows} == {("QUEUED", "acme/text", 1)}


def test_the_list_can_be_of_one_status(airlock: Airlock, commands: Commands) -> None:
    ended = airlock.accept()
    airlock.work_here(ended)
    airlock.accept()
    assert [row["id"] for row in commands.ask("executions", "list", "--status", "COMPLETED")] == [str(ended)]


def test_the_list_is_of_all_organisations_without_what_was_deleted(airlock: Airlock, commands: Commands) -> None:
    other, callers = Airlock(airlock.app, organization="others"), []
    for caller in (airlock, other, airlock, other):
        callers.append(str(caller.accept()))
    gone = airlock.accept()
    airlock.work_here(gone)
    assert delete_run(airlock.parts, gone, "test")
    rows = commands.ask("executions", "list", "--limit", "3")
    assert [row["id"] for row in rows] == callers[:0:-1]
    assert [row["deployment"] for row in rows] == ["others/text", "acme/text", "others/text"]


def test_a_person_sees_names_as_they_are(airlock: Airlock, commands: Commands) -> None:
    """What looks like markup is a name that a caller gave."""
    run = airlock.accept([(HOSTILE, b"Hello")])
    assert "[red]<b>" in commands("executions", "show", str(run)).stdout


def test_an_execution_is_shown_with_its_files_and_its_log(airlock: Airlock, commands: Commands) -> None:
    run = airlock.accept([("a.txt", b"Hello"), ("b.bin", b"\x00\x01\x02")])
    airlock.work_here(run)
    told = commands.ask("executions", "show", str(run))
    assert told["status"] == "COMPLETED"
    assert [(file["name"], file["status"]) for file in told["files"]] == [("a.txt", "SUCCESS"), ("b.bin", "FAILED")]
    assert told["files"][1]["error"]
    assert told["log"]
    text = commands("executions", "show", str(run)).stdout
    assert all(part in text for part in (str(run), "a.txt", "FAILED"))


def test_an_unknown_execution_is_refused_in_a_sentence(commands: Commands) -> None:
    unknown = str(uuid4())
    assert commands.refusal("executions", "show", unknown) == f"There is no execution {unknown}."
    assert "'no-id' is not a valid UUID" in commands.refusal("executions", "show", "no-id")


def test_a_rerun_prints_the_new_id_and_both_runs_are_shown_with_it(app: Flask) -> None:
    airlock, commands = Airlock(app, keep_inputs=True), Commands(app)
    first = airlock.accept([("a.txt", b"Hello"), ("b.bin", b"\x00\x01\x02")])
    airlock.work_here(first)
    told = commands.ask("executions", "rerun", str(first))
    assert (told["status"], told["rerun_of"]) == ("QUEUED", str(first))
    shown = [commands.ask("executions", "show", run) for run in (str(first), told["id"])]
    assert [row["rerun_of"] for row in shown] == [None, str(first)]
    assert [row["inputs_kept_until"] for row in shown] == [airlock.run(first).expires_at.isoformat(), None]  # type: ignore[union-attr]
    assert shown[0]["log"][-1]["message"] == f"Rerun as {told['id']}"
    failed = commands.ask("executions", "rerun", str(first), "--failed")
    assert [file["name"] for file in commands.ask("executions", "show", failed["id"])["files"]] == ["b.bin"]
    assert failed["id"] in commands("executions", "show", str(first)).stdout


def test_what_cannot_be_run_again_is_refused_in_a_sentence(airlock: Airlock, commands: Commands) -> None:
    unknown, run = str(uuid4()), airlock.accept()
    assert commands.refusal("executions", "rerun", unknown) == f"There is no execution {unknown}."
    assert "can be run again when it has ended" in commands.refusal("executions", "rerun", str(run), status=1)
    airlock.work_here(run)
    assert "KEEP_INPUTS=true" in commands.refusal("executions", "rerun", str(run), status=1)
    assert commands.ask("executions", "show", str(run))["inputs_kept_until"] is None


def test_a_rerun_that_fails_names_the_failed_run_and_why(app: Flask) -> None:
    airlock = Airlock(app, keep_inputs=True)
    run = airlock.accept()
    airlock.work_here(run)
    replace_parts(app, store=BeforeCopy(airlock.parts.store, raising(AccessDenied("copy", "it"))))
    told = Commands(app).refusal("executions", "rerun", str(run), status=1)
    assert told.startswith(f"The rerun, execution {airlock.rows()[1].id}, has failed: ")
    assert "cannot copy it" in told


def test_an_empty_list_says_so(commands: Commands) -> None:
    assert commands("executions", "list").stdout == "no executions\n"
    assert commands.ask("executions", "list") == []


def test_reconcile_once_says_what_it_did(airlock: Airlock, commands: Commands) -> None:
    assert sum(commands.ask("reconcile", "--once").values()) == 0
    run = airlock.accept()
    past = utcnow() - timedelta(minutes=1)
    airlock.swap(Execution, run, deadline_at=past, lease_expires_at=past)
    told = commands("reconcile", "--once").stdout
    assert commands.ask("executions", "show", str(run))["status"] == "ERROR"
    assert "1" in told


def test_a_database_without_tables_is_told_in_a_sentence(app: Flask) -> None:
    from deployment.database import db

    with app.app_context():
        db.drop_all()
    told = Commands(app).refusal("executions", "list", status=1)
    assert told.startswith("The database failed: ")
    assert told.endswith("`flask doctor` examines every part.")
