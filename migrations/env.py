"""How Alembic reaches the database: through the application's engine, in one transaction, one migration at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app

from deployment.database import db
from deployment.instants import UtcDateTime

LOCK = 6_421_337_090_115
"""Any number, but always this one: two releases at once take turns (PostgreSQL's advisory locks)."""


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """A migration is history: it must not change with a class of ours."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_item=render_item,
        transactional_ddl=True,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            _require_whole(connection)


@contextmanager
def tables_may_be_replaced(connection: sa.Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew, and would see each row that refers to it as an orphan meanwhile.

    The PRAGMA does nothing within a transaction, which SQLAlchemy would begin.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    bare: Any = connection.connection.dbapi_connection
    bare.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        bare.execute("PRAGMA foreign_keys=ON")


def _require_whole(connection: sa.Connection) -> None:
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if orphans:
        raise RuntimeError(f"The migration has left rows that refer to nothing: {orphans[:5]}")


with db.engine.connect() as connection, tables_may_be_replaced(connection):
    run(connection)
