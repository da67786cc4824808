"""A stage for faults: a deployment of the acting workflows, workers in processes of their own, and a short lease."""

from __future__ import annotations

import faulthandler
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psutil

from deployment.attempt import Attempt
from deployment.models import Execution, ExecutionFile
from deployment.reconcile import reconcile
from deployment.results import StoredResult, read_result
from jobs.connections import working
from jobs.worker import work
from settings import Settings
from tests.airlock import Airlock, File
from tests.eventually import eventually
from tests.processes import Process, lives

LEASE = 3.0
"""Long enough for a busy machine: a worker that cannot look at its lease in time is ended by its own alarm."""
SHORT = {
    "workflows": "tests.jobs.acting",
    "lease_seconds": LEASE,
    "clock_skew_seconds": 0,
    "reconcile_seconds": 0.2,
    "cleanup_grace": 0.2,
}
"""Settings under which a dead worker is noticed within 3.2 s."""
LOOKS = 0.1
"""Seconds between two looks at a run that is waited for: with each, the reconciler makes a whole pass."""


class Stage(Airlock):
    """An Airlock whose documents are acts. `folder` is where they leave their notes."""

    folder: Path

    def act(self, do: str, name: str = "note") -> File:
        """A document that says `do`, and leaves the pid of each work-horse at `name`."""
        return (f"{name}.txt", json.dumps({"do": do, "at": str(self.folder / name)}).encode())

    def pids(self, name: str = "note") -> list[int]:
        """The work-horses that have begun the act `name`."""
        note = self.folder / name
        return [int(line) for line in note.read_text().split()] if note.exists() else []

    def begun(self, name: str = "note", times: int = 1, within: float = 30) -> int:
        """Wait until the act has begun so many times; return the pid of the last work-horse."""
        return eventually(lambda: self.pids(name)[times - 1 :], within, what=f"attempt {times} at {name!r}")[-1]

    def go(self, name: str = "note") -> None:
        """Let an act that holds end."""
        (self.folder / name).with_suffix(".go").touch()

    @contextmanager
    def worker(self) -> Iterator[Process]:
        """A worker in a process of its own, listening when the block begins."""
        before = self.parts.dispatcher.workers()
        with Process(self.serve) as process:
            eventually(lambda: self.parts.dispatcher.workers() > before, what="the worker to register")
            yield process

    def serve(self) -> None:
        """What a worker's process runs, as in `flask worker`."""
        settings: Settings = self.app.config["AIRLOCK"]
        faulthandler.disable()  # pytest's would print each crash that a test wants
        self.parts.forget_connections()
        work(self.app, working(settings.redis_url))

    def file(self, execution_id: UUID, ordinal: int = 0) -> ExecutionFile:
        """One file of a run, as it is stored."""
        return self.stored(execution_id).files[ordinal]

    def ended(self, execution_id: UUID, within: float = 30, *, rescue: bool = True) -> Execution:
        """Reconcile again and again until the run has ended, unless `rescue` is False; return it."""

        def end() -> Execution:
            if rescue:
                reconcile(self.parts)
            run = self.stored(execution_id)
            assert not run.live
            return run

        return eventually(end, within, every=LOOKS, what=f"execution {execution_id} to end")

    def result(self, execution_id: UUID, file: ExecutionFile) -> StoredResult:
        """What the attempt that succeeded has stored."""
        return read_result(self.parts.store, Attempt(execution_id, file.id, file.attempt))

    def status(self, execution_id: UUID, status: str, ordinal: int = 0) -> Callable[[], bool]:
        """A condition: the file stands so."""
        return lambda: self.file(execution_id, ordinal).status == status


def parent_of(pid: int) -> psutil.Process:
    """The process that watches a work-horse."""
    parent = psutil.Process(pid).parent()
    assert parent is not None
    return parent


def gone(*pids: int) -> Callable[[], bool]:
    """A condition: none of the processes runs any more."""
    return lambda: not any(map(lives, pids))


def suspend(process: Process) -> None:
    """SIGSTOP: as a machine that hangs."""
    process.signal(signal.SIGSTOP)


def resume(process: Process) -> None:
    process.signal(signal.SIGCONT)
