"""Files that a workflow gives out: stored before the run is COMPLETED, all of them or none (promises 2, 3, 4)."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from flask import Flask

from deployment.cleanup import clean_up
from deployment.clock import utcnow
from deployment.dispatch import Ticket
from deployment.execute import execute
from deployment.models import Execution
from examples.documents import make_pdf
from storage import AccessDenied, Unavailable, names
from tests.airlock import Airlock
from tests.deployment.test_results import claimed

Put = Callable[[str, Any], Any]


@pytest.fixture
def splitter(new_app: Callable[..., Flask], sqlite_url: str, redis_url: str) -> Airlock:
    return Airlock(new_app(database_url=sqlite_url, redis_url=redis_url), "split-pages", name="split")


def accept(airlock: Airlock, folder: Path) -> UUID:
    return airlock.accept([("report.pdf", make_pdf(folder / "report.pdf").read_bytes())])


def run_with(airlock: Airlock, folder: Path, put: Callable[[Put, str, Any], Any]) -> Ticket:
    """Work on a PDF of three pages; `put` stands before the one of the storage."""
    ticket, real = claimed(airlock, accept(airlock, folder)), airlock.parts.store.put
    with mock.patch.object(airlock.parts.store, "put", lambda key, source: put(real, key, source)):
        execute(airlock.parts, ticket, "me")
    return ticket


def test_the_files_come_first_then_the_result_that_lists_them_then_the_end(splitter: Airlock, tmp_path: Path) -> None:
    written = []

    def note(put: Put, key: str, source: Any) -> Any:
        (run,) = splitter.rows()
        written.append((key.rpartition("/1/")[2], run.status))
        return put(key, source)

    ticket = run_with(splitter, tmp_path, note)
    assert written == [(f"files/{n}", "EXECUTING") for n in (1, 2, 3)] + [("result.json", "EXECUTING")]
    assert splitter.run(ticket.execution_id).status == "COMPLETED"


def test_a_file_is_read_a_block_at_a_time(splitter: Airlock, tmp_path: Path) -> None:
    kinds = []

    def note(put: Put, key: str, source: Any) -> Any:
        kinds.append(type(source))
        return put(key, source)

    run_with(splitter, tmp_path, note)
    assert kinds == [*[io.BufferedReader] * 3, io.BytesIO]


def test_a_storage_that_fails_once_costs_a_try_and_no_byte(splitter: Airlock, tmp_path: Path) -> None:
    failed: list[bytes] = []

    def fail_once(put: Put, key: str, source: Any) -> Any:
        if key.endswith("/2") and not failed:
            failed.append(source.read(10))
            raise Unavailable("write", key)
        return put(key, source)

    ticket = run_with(splitter, tmp_path, fail_once)
    assert failed == [b"%PDF-1.7\r\n"]
    with splitter.parts.store.open(names.output_key(ticket.execution_id, ticket.file_id, 1, 2)) as stored:
        assert stored.read(10) == b"%PDF-1.7\r\n"


def test_a_file_that_cannot_be_stored_fails_the_document_and_leaves_none_of_the_others(
    splitter: Airlock, tmp_path: Path
) -> None:
    def deny(put: Put, key: str, source: Any) -> Any:
        if key.endswith("/3"):
            raise AccessDenied("write", key)
        return put(key, source)

    ticket = run_with(splitter, tmp_path, deny)
    run = splitter.run(ticket.execution_id)
    assert (run.status, str(run.error).partition(":")[0]) == ("ERROR", "storage_failed")
    splitter.swap(Execution, run.id, cleanup_due_at=utcnow())
    assert clean_up(splitter.parts, run.id)
    assert list(splitter.parts.store.keys(names.execution(run.id))) == []
