"""A run whose process is killed within the guard: its row, its objects and its queue are in a file that outlives it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from guards import GuardError, pre_dispatch_guard
from tests.guards.sql_runs import LATER, SQL, TO_CLEAN, Runs

OBJECTS = ("first", "second")


class FiledRuns(Runs):
    """SQLite tables stand for the queue and the storage as well, so that each of their calls is done or is not."""

    def __init__(self, folder: Path) -> None:
        # No connection is kept: a process that is forked must not use its parent's.
        engine = sa.create_engine(f"sqlite:///{folder / 'runs.db'}", poolclass=sa.NullPool)
        sa.event.listen(engine, "connect", _without_waiting_for_the_disk)
        super().__init__(engine)
        self.run("CREATE TABLE jobs (number INTEGER PRIMARY KEY, run VARCHAR(32))")
        self.run("CREATE INDEX jobs_of_a_run ON jobs (run)")
        self.run("CREATE TABLE objects (run VARCHAR(32), name VARCHAR(32), PRIMARY KEY (run, name))")

    def create(self, run: str, token: str) -> str:
        return self.make("PENDING", run=run, guard_token=token)

    def stage(self, run: str, name: str) -> None:
        self.run("INSERT INTO objects VALUES (:run, :name)", run=run, name=name)

    def delete(self, run: str, name: str) -> None:
        self.run("DELETE FROM objects WHERE run = :run AND name = :name", run=run, name=name)

    def enqueue(self, run: str) -> None:
        self.run("INSERT INTO jobs (run) VALUES (:run)", run=run)

    def stop(self, run: str) -> None:
        self.run("UPDATE runs SET status = 'STOPPED', lease_until = NULL WHERE id = :run", run=run)

    def rescue(self) -> None:
        """One pass of the reconciler, with the deleting."""
        for run in self.reconcile(LATER):
            self.enqueue(run)
        for row in self.run(SQL[TO_CLEAN]):
            for name in OBJECTS:
                self.delete(row.id, name)
            self.run(SQL["cleaned"], id=row.id)

    def work(self) -> list[str]:
        """What the workers execute of the queue: what they can claim."""
        return [job.run for job in self.run("SELECT run FROM jobs") if self.claim(job.run, now=LATER)]

    def what_is_wrong_with(self, run: str) -> str:
        """What is wrong with a run when the reconciler has passed, and before the workers; empty if nothing is."""
        rows = self.run("SELECT status, attempt FROM runs WHERE id = :run", run=run)
        objects = self.count("objects", run)
        if not rows:
            return f"{objects} objects without a row" if objects else ""
        status, attempt = rows[0]
        if status in ("ERROR", "STOPPED"):
            return f"{status}, with {objects} objects, executed {attempt} times" if objects or attempt else ""
        ready = status == "QUEUED" and objects == len(OBJECTS) and self.count("jobs", run)
        return "" if ready else f"{status}, with {objects} objects and {self.count('jobs', run)} jobs"

    def count(self, table: str, run: str) -> int:
        found: int = self.run(f"SELECT count(*) FROM {table} WHERE run = :run", run=run)[0][0]
        return found


def _without_waiting_for_the_disk(connection: Any, _: Any) -> None:
    # A process that is killed takes nothing with it that the system has; only a power cut would.
    connection.execute("PRAGMA synchronous = OFF")


Step = Callable[[FiledRuns, str], None]


@dataclass(frozen=True)
class Scenario:
    """What happens between the row and the end of the block; without `enqueue` nothing is dispatched."""

    step: Step = lambda *_: None
    enqueue: Step | None = FiledRuns.enqueue


def fails(*_: Any) -> None:
    raise OSError("403")


def exits(*_: Any) -> None:
    raise SystemExit(1)


def gets_in_and_fails(runs: FiledRuns, run: str) -> None:
    runs.enqueue(run)
    raise ConnectionError("reply lost")


def is_claimed_and_fails(runs: FiledRuns, run: str) -> None:
    runs.enqueue(run)
    runs.claim(run)
    raise ConnectionError("reply lost")


SCENARIOS = {
    "all goes well": Scenario(),
    "a step fails": Scenario(step=fails),
    "a step exits": Scenario(step=exits),
    "enqueueing fails": Scenario(enqueue=gets_in_and_fails),
    "enqueueing exits": Scenario(enqueue=exits),
    "a worker has it": Scenario(enqueue=is_claimed_and_fails),
    "stopped meanwhile": Scenario(step=FiledRuns.stop),
    "never dispatched": Scenario(enqueue=None),
}


def submit(runs: FiledRuns, run: str, scenario: Scenario) -> None:
    """What a request does. What is raised is for nobody to see."""
    with suppress(OSError, SystemExit, GuardError), pre_dispatch_guard(runs.ledger, run_id=str) as guard:
        guard.open(runs.create, run, guard.token)
        for name in OBJECTS:
            guard.on_failure(runs.delete, run, name)
            runs.stage(run, name)
        scenario.step(runs, run)
        if scenario.enqueue:
            guard.dispatch(scenario.enqueue, runs, run)
