"""Ledgers and the worlds around them, for the conformance suite and for the tests of guards on real tables."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from guards import Standing
from guards.memory import MemoryLedger
from guards.sql import Columns, SqlLedger, Statuses
from guards.testing import Seen


@dataclass
class InMemory:
    """The in-memory ledger, moved through its own methods."""

    memory: MemoryLedger[int] = field(default_factory=MemoryLedger)
    ids: Iterator[int] = field(default_factory=itertools.count)

    @property
    def ledger(self) -> Any:
        return self.memory

    def make(self, token: str) -> int:
        run = next(self.ids)
        self.memory.add(run, token or None)
        return run

    def absent(self) -> int:
        return -1

    def claim(self, run: int) -> bool:
        return self.memory.claim(run)

    def decide(self, run: int) -> None:
        self.memory.stop(run)

    def hand_back(self, run: int) -> None:
        self.memory.hand_back(run)

    def read(self, run: int) -> Seen:
        row = self.memory.rows[run]
        return Seen(row.state, row.reason)


class InSql:
    """A table with names that are not the defaults; the world around it writes with plain SQL."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.table = jobs_table()
        self.table.create(engine)
        self.ledger: SqlLedger[int] = jobs_ledger(engine, self.table)

    def make(self, token: str) -> int:
        statement = sa.insert(self.table).values(state=0, owner=token or None)
        with self.engine.begin() as connection:
            made = connection.execute(statement).inserted_primary_key
            assert made is not None
            return int(made[0])

    def absent(self) -> int:
        return 12345

    def claim(self, run: int) -> bool:
        return self._move(run, 2, 1)

    def decide(self, run: int) -> None:
        self._move(run, 9, 0, 1)

    def hand_back(self, run: int) -> None:
        self._move(run, 1, 2, owner=None)

    def read(self, run: int) -> Seen:
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(self.table).where(self.table.c.number == run)).one()
        return Seen(row.state, row.why)

    def _move(self, run: int, to: int, *expected: int, **more: Any) -> bool:
        where = (self.table.c.number == run, self.table.c.state.in_(expected))
        with self.engine.begin() as connection:
            moved = connection.execute(sa.update(self.table).where(*where).values(state=to, **more))
            return moved.rowcount == 1


def jobs_table() -> sa.Table:
    return sa.Table(
        "jobs",
        sa.MetaData(),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("owner", sa.String(40)),
        sa.Column("lease", sa.Integer),
    )


def jobs_ledger(engine: sa.Engine, table: sa.Table, **more: Any) -> SqlLedger[int]:
    return SqlLedger(
        engine,
        table,
        Columns(id="number", status="state", error="why", token="owner"),
        Statuses(open=0, sealed=1, failed=3),
        **more,
    )


class Async:
    """Any ledger, its methods made coroutine functions."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger

    async def seal(self, run: Any, token: str) -> bool:
        return await asyncio.to_thread(self._ledger.seal, run, token)

    async def mark_error(self, run: Any, reason: str, token: str, *, sealed: bool) -> bool:
        return await asyncio.to_thread(self._ledger.mark_error, run, reason, token, sealed=sealed)

    async def standing(self, run: Any, token: str) -> Standing:
        return await asyncio.to_thread(self._ledger.standing, run, token)


class AsyncInMemory(InMemory):
    """The in-memory ledger, its methods made coroutine functions."""

    @property
    def ledger(self) -> Any:
        return Async(self.memory)
