"""How an instant is stored: always UTC, always aware in Python, whatever the database can keep."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from deployment.clock import utcnow


class UtcDateTime(sa.TypeDecorator[datetime]):
    """`timestamptz` on PostgreSQL; on SQLite, which knows no zones, naive UTC that comes back aware."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if dialect.name != "sqlite" else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


NOW = sa.bindparam("now", callable_=utcnow, type_=UtcDateTime())
"""The present instant when a statement is executed: for those that are put together once."""


class seconds_between(GenericFunction[float]):  # noqa: N801 - it is called as a function, as those of `sa.func` are
    """The seconds from one stored instant to a later one, to the millisecond; NULL if one of them is not there."""

    type = sa.Double()
    inherit_cache = True


@compiles(seconds_between, "postgresql")
def _in_postgresql(call: seconds_between, compiler: SQLCompiler, **how: Any) -> str:
    began, ended = (compiler.process(each, **how) for each in call.clauses)
    return f"EXTRACT(EPOCH FROM {ended} - {began})::double precision"


@compiles(seconds_between, "sqlite")
def _in_sqlite(call: seconds_between, compiler: SQLCompiler, **how: Any) -> str:
    began, ended = (compiler.process(each, **how) for each in call.clauses)
    return f"86400.0 * (julianday({ended}) - julianday({began}))"
