"""PostgreSQL as we use it: nothing waits for ever, reading takes no transaction, and a connection in doubt is asked."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

CONNECT_SECONDS, SHORTEST_CONNECT_SECONDS = 5, 2
"""libpq knows no shorter one."""
STATEMENT_SECONDS = 15
TRUSTED_SECONDS = 30
"""A pooler or a firewall may forget a connection that is idle for longer, without a word to either end."""

READING: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"}
"""Each statement has a snapshot of its own in READ COMMITTED, too: BEGIN and ROLLBACK would be two round trips more."""
WRITING: dict[str, Any] = {}

IDLE_SINCE = "idle_since"


def options(busy_seconds: int, statement_seconds: int) -> dict[str, Any]:
    """For `create_engine`: how long a statement may wait for locks, and how long it may take in all."""
    limits = {"lock_timeout": f"{busy_seconds}s", "statement_timeout": f"{statement_seconds}s", "timezone": "UTC"}
    return {
        "connect_args": {
            "connect_timeout": min(CONNECT_SECONDS, max(statement_seconds, SHORTEST_CONNECT_SECONDS)),
            "tcp_user_timeout": STATEMENT_SECONDS * 1000,
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        }
    }


def prepare(engine: sa.Engine) -> None:
    """Let the pool of `engine` replace dead connections, for which `pool_pre_ping` would ask at each checkout."""
    event.listen(engine, "checkin", _note_time)
    event.listen(engine, "checkout", _require_life)


def _note_time(_connection: Connection, entry: ConnectionPoolEntry) -> None:
    entry.info[IDLE_SINCE] = time.monotonic()


def _require_life(connection: Connection, entry: ConnectionPoolEntry, _proxy: Any) -> None:
    since = entry.info.get(IDLE_SINCE)
    if since is None:
        return  # it is new
    in_doubt = time.monotonic() - since > TRUSTED_SECONDS or _has_been_told(connection)
    if in_doubt and not _answers(connection):
        raise sa.exc.InvalidatePoolError


def _has_been_told(connection: Connection) -> bool:
    """Whether something has come in that nobody asked for: the last words of a server, or the end."""
    if connection.closed:
        return True
    incoming = select.poll()
    incoming.register(connection.fileno(), select.POLLIN)
    return bool(incoming.poll(0))


def _answers(connection: Connection) -> bool:
    import psycopg  # an eighth of the application's start, which on SQLite needs none of it

    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error:
        return False
    return True
