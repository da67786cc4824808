"""`use_file_history`: the same file is not worked on twice for who asks for it, and the reply says so."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from pydantic import BaseModel
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.dispatch import Ticket
from deployment.execute import execute
from deployment.models import Deployment, Execution, ExecutionFile
from deployment.reconcile import reconcile
from deployment.stop import stop
from storage import AccessDenied, names
from tests.airlock import HELLO, Airlock
from tests.deployment.reconcile.crowd import crowd
from tests.sabotage import replace_parts
from workflows import Document, DocumentError, Output, Result, Workflow, workflow

NewApp = Callable[..., Flask]
OTHER = ("hello.txt", b"Another text.")


class Options(BaseModel):
    detail: int = 1


class Counting:
    """A registry with one workflow, which says how often it has run.

    `fail` makes it refuse its documents, `hands_out` makes it hand them out again.
    """

    def __init__(self) -> None:
        self.runs, self.fail, self.hands_out = 0, False, False
        self._workflow = workflow(name="counting", version="1", accepts=["text/*"], options=Options)(self._count)

    def get(self, _name: str) -> Workflow:
        return self._workflow

    def change(self) -> None:
        self._workflow = dataclasses.replace(self._workflow, version="2")

    def _count(self, document: Document, options: Options) -> Result:
        if self.fail:
            raise DocumentError("not today")
        self.runs += 1
        outputs = [Output("copy.txt", "text/plain", document.path)] if self.hands_out else []
        return Result({"run": self.runs}, {"about": "it"}, {"seconds": 1.5}, document.read_text(), outputs)


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def airlock(app: Flask, counting: Counting) -> Airlock:
    replace_parts(app, workflows=counting)
    return Airlock(app, "counting")


def run(airlock: Airlock, *files: tuple[str, bytes], history: bool = True, **fields: Any) -> UUID:
    """Post `files` and work on them; the id of the run."""
    execution_id = airlock.accept(files or (HELLO,), use_file_history=str(history), **fields)
    airlock.work_here(execution_id)
    return execution_id


def told(airlock: Airlock, execution_id: UUID) -> list[tuple[int, bool]]:
    """For each file, which run of the workflow its result is of, and whether the reply calls it an earlier one's."""
    reply = airlock.get(execution_id)
    assert reply.status_code == 200, reply.text
    items = reply.get_json()["message"]
    return [(item["result"]["output"]["run"], item["metadata"].get("from_file_history", False)) for item in items]


def test_the_same_file_is_worked_on_once_and_its_second_result_is_marked(airlock: Airlock) -> None:
    first, second = run(airlock), run(airlock)
    assert (told(airlock, first), told(airlock, second)) == ([(1, False)], [(1, True)])
    additions = {"include_metadata": "1", "include_metrics": "1", "include_extracted_text": "1"}
    items = [airlock.get(each, **additions).get_json()["message"][0] for each in (first, second)]
    assert items[0]["result"] == items[1]["result"]
    assert items[0]["extracted_text"] == items[1]["extracted_text"] == HELLO[1].decode()
    assert items[1]["metadata"]["execution_id"] == str(second)
    assert any("earlier run" in line for line in airlock.log(second))
    assert not any("earlier run" in line for line in airlock.log(first))


def test_who_does_not_ask_gets_a_run_of_its_own_that_others_may_use(airlock: Airlock) -> None:
    runs = [run(airlock, history=False), run(airlock, history=False), run(airlock)]
    assert [told(airlock, each) for each in runs] == [[(1, False)], [(2, False)], [(2, True)]]


def test_a_file_that_comes_twice_in_one_run_is_worked_on_once(airlock: Airlock) -> None:
    assert told(airlock, run(airlock, HELLO, OTHER, HELLO)) == [(1, False), (2, False), (1, True)]


def test_its_result_is_a_copy_that_lasts_as_long_as_any_other(airlock: Airlock) -> None:
    first, second = run(airlock), run(airlock)
    airlock.parts.store.delete_prefix(names.execution(first))
    assert told(airlock, second) == [(1, True)]
    assert told(airlock, run(airlock)) == [(1, True)]


def another_text(airlock: Airlock, counting: Counting) -> UUID:
    return run(airlock, OTHER)


def another_ending(airlock: Airlock, counting: Counting) -> UUID:
    """It may decide how a text is read."""
    return run(airlock, ("hello.csv", HELLO[1]))


def other_options(airlock: Airlock, counting: Counting) -> UUID:
    deployment = airlock.rows()[0].deployment_id
    airlock.swap(Deployment, deployment, options={"detail": 2})
    return run(airlock)


def other_custom_data(airlock: Airlock, counting: Counting) -> UUID:
    return run(airlock, custom_data='{"case": 7}')


def another_version(airlock: Airlock, counting: Counting) -> UUID:
    """That of the worker that runs it, should the web process still have the old one."""
    execution_id = airlock.accept(use_file_history="true")
    counting.change()
    airlock.work_here(execution_id)
    return execution_id


def test_what_differs_in_anything_that_counts_is_worked_on(airlock: Airlock, counting: Counting) -> None:
    for differently in (another_text, another_ending, other_custom_data, other_options, another_version):
        run(airlock)
        before = counting.runs
        assert told(airlock, differently(airlock, counting)) == [(before + 1, False)], differently.__name__


def test_another_organization_has_a_history_of_its_own(airlock: Airlock) -> None:
    run(airlock)
    other = Airlock(airlock.app, "counting", organization="globex")
    assert told(other, run(other)) == [(2, False)]
    assert told(other, run(other)) == [(2, True)]
    assert told(airlock, run(airlock)) == [(1, True)]


def test_what_is_only_a_label_makes_no_difference(airlock: Airlock) -> None:
    data = [json.dumps(each) for each in ({"a": 1, "b": 2}, {"b": 2, "a": 1})]
    run(airlock, tags="first", custom_data=data[0])
    elsewhere = Airlock(airlock.app, "counting", name="elsewhere")
    again = run(elsewhere, ("renamed.TXT", HELLO[1]), tags="second", custom_data=data[1])
    assert told(elsewhere, again) == [(1, True)]


def test_a_result_that_has_expired_is_not_used(airlock: Airlock) -> None:
    airlock.swap(Execution, run(airlock), expires_at=utcnow() - timedelta(seconds=1))
    assert told(airlock, run(airlock)) == [(2, False)]
    assert told(airlock, run(airlock)) == [(2, True)]


def test_a_failure_is_not_used(airlock: Airlock, counting: Counting) -> None:
    counting.fail = True
    failed = run(airlock)
    assert airlock.get(failed).status_code == 422
    counting.fail = False
    assert told(airlock, run(airlock)) == [(1, False)]


def test_the_result_of_one_file_is_used_although_its_run_was_stopped(airlock: Airlock) -> None:
    execution_id = airlock.accept([HELLO, OTHER, OTHER], use_file_history="true")
    work_here_once(airlock, execution_id)
    stop(airlock.parts, execution_id, "a test")
    assert airlock.run(execution_id).status == "STOPPED"
    assert told(airlock, run(airlock)) == [(1, True)]


def work_here_once(airlock: Airlock, execution_id: UUID) -> None:
    """Work on the first file only."""
    ticket = Ticket(execution_id, airlock.run(execution_id).files[0].id, 1, 1)
    with airlock.parts.database.writing() as session:
        assert lifecycle.claim(session, ticket, "here", airlock.parts.policy)
    execute(airlock.parts, ticket, "here")


def test_a_single_use_result_is_used_and_each_run_is_acknowledged_on_its_own(app: Flask, counting: Counting) -> None:
    replace_parts(app, workflows=counting)
    airlock = Airlock(app, "counting", single_use=True)
    first = run(airlock)
    assert told(airlock, first) == [(1, False)]
    assert airlock.get(first).status_code == 406
    second = run(airlock)
    assert told(airlock, second) == [(1, True)]
    assert airlock.get(second).status_code == 406


def test_a_result_that_is_not_in_the_storage_any_more_costs_a_run_and_not_the_file(airlock: Airlock) -> None:
    airlock.parts.store.delete_prefix(names.execution(run(airlock)))
    assert told(airlock, run(airlock)) == [(2, False)]


def test_a_result_whose_files_are_deleted_while_they_are_copied_costs_a_run_and_not_the_file(
    airlock: Airlock, counting: Counting
) -> None:
    counting.hands_out = True
    first = run(airlock)
    attempt = names.output_prefix(first, airlock.run(first).files[0].id, 1)
    airlock.parts.store.delete_prefix(f"{attempt}files/")
    second = run(airlock)
    assert told(airlock, second) == [(2, False)]
    url = airlock.get(second).get_json()["message"][0]["outputs"][0]["url"]
    assert airlock.client.get(url, headers=airlock.headers).data == HELLO[1]


def test_a_result_whose_files_cannot_be_copied_costs_a_run_and_not_the_file(
    airlock: Airlock, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting.hands_out = True
    first = names.execution(run(airlock))
    store, read = airlock.parts.store, airlock.parts.store.open

    def denied(key: str) -> Any:
        if "/files/" in key and key.startswith(first):
            raise AccessDenied("read", key)
        return read(key)

    monkeypatch.setattr(store, "open", denied)
    assert told(airlock, run(airlock)) == [(2, False)]


def test_a_database_that_is_away_for_the_look_costs_a_run_and_not_the_file(airlock: Airlock) -> None:
    run(airlock)

    def be_away(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "fingerprint = " in statement and statement.startswith("SELECT"):
            raise OperationalError(statement, {}, Exception("away"))

    event.listen(airlock.parts.database.engine, "before_cursor_execute", be_away)
    execution_id = run(airlock)
    event.remove(airlock.parts.database.engine, "before_cursor_execute", be_away)
    assert told(airlock, execution_id) == [(2, False)]


def test_it_is_looked_for_in_an_index(airlock: Airlock) -> None:
    """Of all the files that ever were, those with the fingerprint."""
    asked: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "fingerprint = " in statement and statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(airlock.parts.database.engine, "before_cursor_execute", keep)
    made = run(airlock)
    event.remove(airlock.parts.database.engine, "before_cursor_execute", keep)
    (statement, parameters), sqlite = asked[0], airlock.parts.database.engine.dialect.name == "sqlite"
    if not sqlite:  # the table must be worth an index, whatever other tests have left in the statistics
        crowd(airlock.parts.database, made, 1000)
        with airlock.parts.database.writing() as session:
            session.execute(sa.update(ExecutionFile).values(fingerprint=sa.cast(ExecutionFile.id, sa.Text)))
            session.execute(sa.text("ANALYZE execution_file"))
    with airlock.parts.database.writing() as session:
        explained = session.connection().exec_driver_sql(
            f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{statement}", parameters
        )
        assert "ix_execution_file_history" in str(explained.all())


def test_a_worker_that_lost_its_file_leaves_no_result_to_be_found(airlock: Airlock) -> None:
    """The fingerprint is written by the move that succeeds, not before."""
    execution_id = airlock.accept(use_file_history="true")
    airlock.swap(Execution, execution_id, deadline_at=utcnow() - timedelta(seconds=1))
    reconcile(airlock.parts)
    assert airlock.run(execution_id).files[0].fingerprint is None
    assert told(airlock, run(airlock)) == [(1, False)]
