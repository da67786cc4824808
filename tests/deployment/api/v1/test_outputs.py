"""Files that a workflow hands out: listed in the item, fetched one by one by who may see the run, until they expire."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pypdfium2 as pdfium
import pytest
from flask import Flask

from deployment.cleanup import clean_up
from deployment.clock import utcnow
from deployment.models import Execution, ExecutionFile
from examples import texts
from examples.documents import make_pdf
from storage import names
from tests.airlock import Airlock

NAME = "Übersicht 2026 λ.pdf"


@pytest.fixture
def splitter(new_app: Callable[..., Flask], sqlite_url: str, redis_url: str) -> Airlock:
    return Airlock(new_app(database_url=sqlite_url, redis_url=redis_url), "split-pages", name="split")


def split(airlock: Airlock, folder: Path, **fields: Any) -> UUID:
    """Post a PDF of three pages, and let a worker split it."""
    path = folder / "report.pdf"
    run = airlock.accept([(NAME, (path if path.exists() else make_pdf(path)).read_bytes())], **fields)
    airlock.work_here(run)
    return run


def listed(airlock: Airlock, run: UUID) -> list[dict[str, Any]]:
    (item,) = airlock.get(run).get_json()["message"]
    found: list[dict[str, Any]] = item["outputs"]
    return found


def test_each_page_is_a_pdf_of_its_own_behind_the_link_of_the_item(splitter: Airlock, tmp_path: Path) -> None:
    outputs = listed(splitter, split(splitter, tmp_path))
    assert len(outputs) == 3
    for number, (output, (title, _)) in enumerate(zip(outputs, texts.PAGES, strict=True), 1):
        reply = splitter.client.get(output["url"], headers=splitter.headers)
        assert (reply.status_code, reply.content_type) == (200, "application/pdf")
        assert (len(reply.data), hashlib.sha256(reply.data).hexdigest()) == (output["size"], output["sha256"])
        with pdfium.PdfDocument(reply.data) as document:
            assert len(document) == 1
            assert document[0].get_textpage().get_text_range().startswith(title)
        assert output["name"] == f"Übersicht 2026 λ - page {number}.pdf"


def test_a_file_is_saved_never_shown_and_named_in_any_script(splitter: Airlock, tmp_path: Path) -> None:
    (output, *_) = listed(splitter, split(splitter, tmp_path))
    headers = splitter.client.get(output["url"], headers=splitter.headers).headers
    assert headers["Content-Disposition"].startswith("attachment; filename=")
    assert headers["Content-Disposition"].endswith(
        "; filename*=UTF-8''%C3%9Cbersicht%202026%20%CE%BB%20-%20page%201.pdf"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Length"] == str(output["size"])
    assert headers["ETag"] == f'"{output["sha256"]}"'
    assert "private" in headers["Cache-Control"]


def test_a_file_that_the_caller_has_already_is_not_sent_again(splitter: Airlock, tmp_path: Path) -> None:
    (output, *_) = listed(splitter, split(splitter, tmp_path))
    known = {**splitter.headers, "If-None-Match": f'"{output["sha256"]}"'}
    reply = splitter.client.get(output["url"], headers=known)
    assert (reply.status_code, reply.data) == (304, b"")


def test_without_a_key_that_may_see_the_run_there_is_no_file(splitter: Airlock, tmp_path: Path) -> None:
    (output, *_) = listed(splitter, split(splitter, tmp_path))
    other = Airlock(splitter.app, organization="other")
    assert splitter.client.get(output["url"]).status_code == 401
    assert splitter.client.get(output["url"], headers=other.headers).status_code == 404


@pytest.mark.parametrize("number", ["0", "4", "x", "..%2F..%2Fresult.json", "-1"])
def test_only_what_is_listed_can_be_fetched(splitter: Airlock, tmp_path: Path, number: str) -> None:
    (output, *_) = listed(splitter, split(splitter, tmp_path))
    url = output["url"].rpartition("/")[0]
    assert splitter.client.get(f"{url}/{number}", headers=splitter.headers).status_code == 404
    elsewhere = output["url"].replace(url.split("/")[5], str(uuid4()))
    assert splitter.client.get(elsewhere, headers=splitter.headers).status_code == 404


def test_what_an_attempt_that_lost_has_stored_is_not_handed_out_and_is_deleted(
    splitter: Airlock, tmp_path: Path
) -> None:
    """The first attempt has stored its files and its result, then lost its lease; the second one won."""
    run = split(splitter, tmp_path)
    (output, *_) = listed(splitter, run)
    (file,) = splitter.run(run).files
    store = splitter.parts.store
    splitter.swap(ExecutionFile, file.id, attempt=2)
    assert splitter.client.get(output["url"], headers=splitter.headers).status_code == 404
    splitter.swap(Execution, run, cleanup_due_at=utcnow())
    assert clean_up(splitter.parts, run)
    assert list(store.keys(names.output_prefix(run, file.id, 1))) == []


def test_after_the_time_that_was_promised_the_files_are_gone(splitter: Airlock, tmp_path: Path) -> None:
    run = split(splitter, tmp_path)
    (output, *_) = listed(splitter, run)
    splitter.swap(Execution, run, expires_at=utcnow() - timedelta(seconds=1), cleanup_due_at=utcnow())
    reply = splitter.client.get(output["url"], headers=splitter.headers)
    assert (reply.status_code, "expired" in reply.text) == (410, True)
    assert clean_up(splitter.parts, run)
    assert list(splitter.parts.store.keys(names.execution(run))) == []
    assert splitter.client.get(output["url"], headers=splitter.headers).status_code == 410


def test_a_run_that_is_answered_from_history_has_files_of_its_own(splitter: Airlock, tmp_path: Path) -> None:
    first = split(splitter, tmp_path)
    again = split(splitter, tmp_path, use_file_history="true")
    splitter.parts.store.delete_prefix(names.execution(first))
    outputs = listed(splitter, again)
    assert [output["sha256"] for output in outputs] == [
        hashlib.sha256(splitter.client.get(output["url"], headers=splitter.headers).data).hexdigest()
        for output in outputs
    ]
    assert splitter.run(again).files[0].from_history
