"""What a document does to its work-horse ends its file with a sentence, and no worker with it."""

from __future__ import annotations

import os
import signal
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.airlock import File
from tests.jobs.stage import Stage
from tests.processes import kill_all
from tests.workflows.remade import pdf

NewStage = Callable[..., Stage]
PAGE = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"


def bomb() -> File:
    """A PDF of 300 KiB with ten million letters on its page, for which PDFium wants far more than 100 MiB."""
    packer = zlib.compressobj(9)
    lines = b"(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) Tj " * 10_000
    packed = packer.compress(b"BT /F 9 Tf ") + b"".join(packer.compress(lines) for _ in range(33))
    packed += packer.compress(b" ET") + packer.flush()
    stream = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n{packed.decode('latin-1')}\nendstream"
    pages = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    return "bomb.pdf", pdf("<< /Type /Catalog /Pages 2 0 R >>", pages, PAGE, stream, font)


def test_a_workflow_that_eats_memory_is_stopped_at_its_limit_and_its_worker_works_on(
    new_stage: NewStage, sqlite_url: str, redis_url: str
) -> None:
    stage = new_stage("act-small", database_url=sqlite_url, redis_url=redis_url)
    run, after = stage.accept([stage.act("eat")]), stage.accept([stage.act("note", "after")])
    with stage.worker() as worker:
        ended = stage.ended(run, rescue=False)
        assert (ended.status, len(stage.pids()), ended.files[0].losses) == ("ERROR", 1, 0)
        assert ended.error == "memory_limit_exceeded: the workflow needed more than its 64 MiB of memory"
        assert stage.ended(after, rescue=False).status == "COMPLETED"
        assert worker.alive


def test_a_pdf_bomb_that_ends_its_work_horse_from_within_c_is_tried_once(
    new_stage: NewStage, sqlite_url: str, redis_url: str
) -> None:
    stage = new_stage("extract-small", database_url=sqlite_url, redis_url=redis_url)
    run, after = stage.accept([bomb()]), stage.accept()
    with stage.worker() as worker:
        ended = stage.ended(run, rescue=False)
        assert (ended.status, ended.files[0].attempt, ended.files[0].losses) == ("ERROR", 1, 0)
        assert ended.error is not None
        assert ended.error.startswith("crashed: the document made the program end by SIG")
        assert "more memory than the workflow may use" in ended.error
        assert stage.ended(after, rescue=False).status == "COMPLETED"
        assert worker.alive


def test_a_library_that_aborts_fails_its_file_at_once(sqlite_stage: Stage) -> None:
    run = sqlite_stage.accept([sqlite_stage.act("abort in C")])
    with sqlite_stage.worker():
        ended = sqlite_stage.ended(run, rescue=False)
    assert (ended.status, len(sqlite_stage.pids())) == ("ERROR", 1)
    assert "SIGABRT" in str(ended.error)


def documents(horse: int) -> list[Path]:
    """What a work-horse works on: it holds the folder open."""
    held = {opened.readlink() for opened in Path(f"/proc/{horse}/fd").iterdir()}
    return [folder / "document" for folder in held if (folder / "document").is_file()]


def test_a_work_horse_that_was_killed_leaves_no_document_behind(sqlite_stage: Stage) -> None:
    run = sqlite_stage.accept([sqlite_stage.act("hold")])
    with sqlite_stage.worker():
        horse = sqlite_stage.begun()
        (document,) = documents(horse)
        os.kill(horse, signal.SIGKILL)
        sqlite_stage.begun(times=2)
        assert not document.parent.exists()
        sqlite_stage.go()
        assert sqlite_stage.ended(run).status == "COMPLETED"


def test_what_a_killed_worker_has_left_is_deleted_by_the_next_one(sqlite_stage: Stage) -> None:
    """But nothing of a work-horse that lives."""
    one, other = (sqlite_stage.accept([sqlite_stage.act("hold", name)]) for name in ("one", "other"))
    with sqlite_stage.worker() as dying, sqlite_stage.worker():
        (left,), (held,) = documents(sqlite_stage.begun("one")), documents(sqlite_stage.begun("other"))
        of_dying = {child.pid for child in dying.family()}
        left, held = (left, held) if sqlite_stage.begun("one") in of_dying else (held, left)
        kill_all(dying.family())
        dying.end()
        with sqlite_stage.worker():
            assert (left.parent.exists(), held.exists()) == (False, True)
            for name, run in (("one", one), ("other", other)):
                sqlite_stage.go(name)
                assert sqlite_stage.ended(run).status == "COMPLETED"
