"""The table of `docs/guard.md` and its statements: what a worker and a reconciler do with the runs in it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from guards.sql import SqlLedger
from tests.guards.document import statements

SQL = statements()
ABANDONED = "the request died before the seal, or could not mark its failure"
LOST = "the worker died for the last time"
HAND_BACK = "the worker died: hand the run back, overdue, and not the guard's any more"
ENQUEUE = "the job got lost, or waits: enqueue each of these under a new job id; copies die at the claim"
TO_CLEAN = "delete what these have staged, then say so"
NOW, LEASE = 1_000, 30
LATER = NOW + LEASE + 1
TOKEN = "0123456789abcdef" * 2


class Runs:
    """The table of the document, and its statements."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.run(SQL["the table"])
        self.table = sa.Table("runs", sa.MetaData(), autoload_with=engine)
        self.ledger: SqlLedger[str] = SqlLedger(
            engine, self.table, on_seal=lambda: {"lease_until": NOW + LEASE}, on_error=lambda: {"lease_until": None}
        )

    def run(self, statement: str, **values: Any) -> Any:
        with self.engine.begin() as connection:
            result = connection.execute(sa.text(statement), values)
            return result.all() if result.returns_rows else result.rowcount

    def make(self, status: str, run: str = "r1", **values: Any) -> str:
        row = {
            "id": run,
            "status": status,
            "guard_token": TOKEN,
            "lease_until": NOW + LEASE,
            "cleaned": False,
            **values,
        }
        with self.engine.begin() as connection:
            connection.execute(sa.insert(self.table).values(row))
        return run

    def row(self, run: str = "r1") -> Any:
        return self.run("SELECT * FROM runs WHERE id = :id", id=run)[0]

    def claim(self, run: str = "r1", now: int = NOW) -> int | None:
        claimed = self.run(SQL["claim"], id=run, now=now)
        return claimed[0].attempt if claimed else None

    def reconcile(self, now: int) -> list[str]:
        """One pass, as the document says; the runs that it enqueues."""
        for name in (ABANDONED, LOST, HAND_BACK):
            self.run(SQL[name], now=now)
        return [row.id for row in self.run(SQL[ENQUEUE], now=now)]
