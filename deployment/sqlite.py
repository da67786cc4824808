"""SQLite as we use it: WAL, foreign keys, durable commits, and writers that take their lock first."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

READING: dict[str, Any] = {}
WRITING: dict[str, Any] = {"writing": True}


def options(busy_seconds: int, _statement_seconds: int) -> dict[str, Any]:
    """For `create_engine`: how long a transaction may wait for the lock. Nothing limits a statement."""
    return {"connect_args": {"timeout": busy_seconds}}


def prepare(engine: sa.Engine) -> None:
    """Make every connection of `engine` ours, and every transaction marked `writing` an immediate one."""
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)


def _prepare_connection(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver would say it too late
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")


def _begin(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    # A deferred writer would find out, too late, that another one has written since it looked.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
