"""The guard without any framework: a script that copies a document into a spool and leaves a job for a worker.

It also shows what a ledger is: three short statements on a table of your own. Run it with a folder and documents:

    python -m examples.guard_script /tmp/spool README.md no-such-file
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
from pathlib import Path
from uuid import uuid4

from guards import Guard, Standing, outcome_of, pre_dispatch_guard

TABLE = "CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, status TEXT, error TEXT, token TEXT, by TEXT)"


class RunsLedger:
    """The table `runs`. `by` is the token of the guard that has marked the row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write(TABLE)

    def write(self, statement: str, *values: str) -> bool:
        """One statement, one transaction, one connection; did it change exactly one row?"""
        with sqlite3.connect(self.path, timeout=5) as connection:
            changed = connection.execute(statement, values).rowcount == 1
        connection.close()
        return changed

    def seal(self, run: str, token: str) -> bool:
        sealing = "UPDATE runs SET status = 'QUEUED' WHERE id = ? AND token = ? AND status = 'PENDING'"
        return self.write(sealing, run, token) or self.standing(run, token) is Standing.SEALED

    def mark_error(self, run: str, reason: str, token: str, *, sealed: bool) -> bool:
        marking = "UPDATE runs SET status = 'ERROR', error = ?, by = ? WHERE id = ? AND token = ? AND status = ?"
        won = self.write(marking, reason, token, run, token, "QUEUED" if sealed else "PENDING")
        return won or self.standing(run, token) is Standing.FAILED

    def standing(self, run: str, token: str) -> Standing:
        with sqlite3.connect(self.path, timeout=5) as connection:
            row = connection.execute("SELECT status, token, by FROM runs WHERE id = ?", (run,)).fetchone()
        connection.close()
        status, owner, by = row or ("", None, None)
        if by == token:
            return Standing.FAILED
        known = {"PENDING": Standing.OPEN, "QUEUED": Standing.SEALED}
        return known.get(status, Standing.TAKEN) if owner == token else Standing.TAKEN

    def create(self, token: str) -> str:
        run = uuid4().hex
        self.write("INSERT INTO runs (id, status, token) VALUES (?, 'PENDING', ?)", run, token)
        return run


def submit(ledger: RunsLedger, spool: Path, document: Path) -> str:
    """Spool `document` and leave a job; the run's id."""
    with pre_dispatch_guard(ledger, run_id=str) as guard:
        run = guard.open(ledger.create, guard.token)
        stage(guard, document, spool / f"{run}.document")
        guard.dispatch((spool / f"{run}.job").touch)
    return run


def stage(guard: Guard[str], document: Path, target: Path) -> None:
    guard.on_failure(target.unlink, missing_ok=True)
    shutil.copyfile(document, target)


def main(spool: Path, *documents: Path) -> None:
    spool.mkdir(exist_ok=True)
    ledger = RunsLedger(spool / "runs.db")
    for document in documents:
        try:
            print(f"{document}: accepted as {submit(ledger, spool, document)}")
        except OSError as error:
            outcome = outcome_of(error)
            print(f"{document}: {outcome.reason if outcome else error}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
