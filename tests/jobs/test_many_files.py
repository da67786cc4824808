"""Many files, several workers, and deaths among them: each file has its own end, and the sum is right (B8, B9)."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from deployment.models import ExecutionFile
from deployment.reconcile import reconcile
from tests.eventually import eventually
from tests.jobs.stage import Stage

NewStage = Callable[..., Stage]
FILES = 32
WORKERS, KILLS = 3, 3


def in_flight(stage: Stage) -> int:
    question = sa.select(sa.func.count()).select_from(ExecutionFile)
    with stage.parts.database.reading() as session:
        return session.scalar(question.where(ExecutionFile.status.in_(["QUEUED", "EXECUTING"]))) or 0


def test_b8_b9_of_32_files_each_ends_for_itself_whatever_happens_to_workers(
    new_stage: NewStage, database_url: str, redis_url: str
) -> None:
    stage = new_stage(database_url=database_url, redis_url=redis_url, files_in_flight=4, lease_seconds=4)
    acts = {3: "fail", 7: "die", 11: "die once", 20: "exit"}
    files = [stage.act(acts.get(number, "note"), f"n{number}") for number in range(FILES)]
    files[15] = ("image.png", b"\x89PNG\r\n\x1a\n" + bytes(32))
    run = stage.accept(files)
    moment, most = random.Random(3), 0
    with ExitStack() as stack:
        alive = [stack.enter_context(stage.worker()) for _ in range(WORKERS)]
        for kills in range(KILLS):
            most = max(most, _watched(stage, run, until=FILES - 6 * (kills + 1)))
            alive[moment.randrange(WORKERS)].signal(signal.SIGKILL)
            alive.append(stack.enter_context(stage.worker()))
        most = max(most, _watched(stage, run, until=0))
        ended = stage.stored(run)
        eventually(lambda: stage.tickets() == [])
    statuses = [file.status for file in ended.files]
    bad = {number for number, status in enumerate(statuses) if status != "SUCCESS"}
    assert (ended.status, ended.open_files, bad) == ("COMPLETED", 0, {3, 7, 15, 20})
    assert set(statuses) == {"SUCCESS", "FAILED"}
    assert most <= 4
    assert "worker_lost" in str(ended.files[7].error)
    assert "too hard" in str(ended.files[3].error)
    assert "image/png" in str(ended.files[15].error)
    assert sum(line.startswith("Ended as") for line in stage.log(run)) == 1
    for file in ended.files:
        if file.status == "SUCCESS":
            assert stage.result(run, file)
    assert Path(stage.folder / "n11").read_text().count("\n") >= 2


def _watched(stage: Stage, run: UUID, until: int) -> int:
    """Reconcile until no more files than that are left; the most that were in flight meanwhile."""
    seen = [0]

    def look() -> bool:
        reconcile(stage.parts)
        seen.append(in_flight(stage))
        return stage.stored(run).open_files <= until

    eventually(look, within=100, every=0.02)
    return max(seen)
