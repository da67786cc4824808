"""A ledger on any SQL table, with SQLAlchemy 2: each move is one `UPDATE … WHERE status = …`, in its own transaction.

Tested on PostgreSQL and SQLite. The table needs a column for the guard's token, which nobody else writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .ledger import AdoptingLedger, Run, Standing

MARKED = ":marked"
"""What a mark appends to the token, so that the row tells this guard's errors from those of others."""

Values = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True)
class Columns:
    """What the columns are called. `token` holds text of 40 characters or more, and may be NULL."""

    id: str = "id"
    status: str = "status"
    error: str = "error"
    token: str = "guard_token"  # noqa: S105


@dataclass(frozen=True)
class Statuses:
    """What the table calls a row that is open, sealed for the workers, and failed; anything else is someone else's."""

    open: Any = "PENDING"
    sealed: Any = "QUEUED"
    failed: Any = "ERROR"


def _nothing_more() -> Mapping[str, Any]:
    return {}


class SqlLedger(AdoptingLedger[Run]):
    """Seals and marks rows of `table`.

    `engine` is for the guard alone: the request's own may have no connection left, or a lock on the very row.
    `own_engine` makes one. A statement waits at most `lock_seconds` for a lock, and takes at most
    `statement_seconds`. `on_seal` and `on_error` return more columns to write with the move, such as a lease.
    Every method raises what SQLAlchemy raises when the database does not answer.
    """

    def __init__(
        self,
        engine: sa.Engine,
        table: sa.Table,
        columns: Columns = Columns(),
        statuses: Statuses = Statuses(),
        *,
        on_seal: Values = _nothing_more,
        on_error: Values = _nothing_more,
        lock_seconds: float = 5.0,
        statement_seconds: float = 10.0,
    ) -> None:
        self.engine, self._table, self._statuses = engine, table, statuses
        self._id, self._status = table.c[columns.id], table.c[columns.status]
        self._error, self._token = table.c[columns.error], table.c[columns.token]
        self._on_seal, self._on_error = on_seal, on_error
        self._lock_ms, self._statement_ms = int(lock_seconds * 1000), int(statement_seconds * 1000)

    def adopt(self, run: Run, token: str) -> bool:
        free = sa.or_(self._token.is_(None), self._token == token)
        return self._swap(run, free, self._statuses.open, {self._token.name: token})

    def seal(self, run: Run, token: str) -> bool:
        values = {**self._on_seal(), self._status.name: self._statuses.sealed}
        won = self._swap(run, self._token == token, self._statuses.open, values)
        return won or self.standing(run, token) is Standing.SEALED

    def mark_error(self, run: Run, reason: str, token: str, *, sealed: bool) -> bool:
        expected = self._statuses.sealed if sealed else self._statuses.open
        values = {
            **self._on_error(),
            self._status.name: self._statuses.failed,
            self._error.name: reason,
            self._token.name: token + MARKED,
        }
        won = self._swap(run, self._token == token, expected, values)
        return won or self.standing(run, token) is Standing.FAILED

    def standing(self, run: Run, token: str) -> Standing:
        with self._transaction() as connection:
            row = connection.execute(sa.select(self._token, self._status).where(self._id == run)).first()
        owner, status = row if row is not None else (None, None)
        if owner == token + MARKED:
            return Standing.FAILED
        if owner == token and status == self._statuses.open:
            return Standing.OPEN
        return Standing.SEALED if owner == token and status == self._statuses.sealed else Standing.TAKEN

    def _swap(self, run: Run, owned: sa.ColumnElement[bool], expected: Any, values: Mapping[str, Any]) -> bool:
        statement = (
            sa.update(self._table)
            .where(self._id == run, self._status == expected, owned)
            .values({self._table.c[name]: value for name, value in values.items()})
        )
        with self._transaction() as connection:
            return connection.execute(statement).rowcount == 1

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(_LIMITS, {"lock": f"{self._lock_ms}ms", "all": f"{self._statement_ms}ms"})
            elif connection.dialect.name == "sqlite":
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {self._lock_ms}")
            yield connection


# For this transaction only, so that it works behind a pooler, too.
_LIMITS = sa.text("SELECT set_config('lock_timeout', :lock, true), set_config('statement_timeout', :all, true)")


def own_engine(url: str | sa.URL, *, connect_seconds: int = 3, answer_seconds: int = 10) -> sa.Engine:
    """A small engine for the guard alone, on which nothing waits for ever, also if the network is gone.

    Raises `ValueError` for an SQLite database in memory, which another connection cannot see.
    """
    parsed = sa.make_url(url)
    kind = parsed.get_backend_name()
    if kind == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ValueError("a database in memory has no second connection: use a file, or MemoryLedger")
    arguments: dict[str, Any] = {}
    if kind == "postgresql":
        arguments = {"connect_timeout": connect_seconds, "tcp_user_timeout": answer_seconds * 1000}
    return sa.create_engine(
        parsed,
        pool_size=2,
        max_overflow=8,
        pool_timeout=connect_seconds,
        pool_pre_ping=True,
        connect_args=arguments,
    )
