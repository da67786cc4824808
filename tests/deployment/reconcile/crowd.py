"""Many rows at little cost: copies of one run, made by the database itself, and what is sent to it meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.database import Database, db

NUMBERS = "SELECT n FROM generate_series(1, {times}) AS s(n)"
LITE_NUMBERS = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {times}) SELECT n FROM s"

EARLIER = "kept.created_at - number.n * interval '{apart} seconds'"
LITE_EARLIER = "strftime('%Y-%m-%d %H:%M:%f000', kept.created_at, '-' || (number.n * {apart}) || ' seconds')"
CROWDED = ("execution", "execution_file", "delivery", "execution_label", "usage", "log_line")
UNCHECKED = "SET LOCAL session_replication_role = replica"
"""No look at foreign keys: a plan for it, made when the table had one page, reads all of the table for each row."""

Sent = list[tuple[str, Any]]


@contextmanager
def statements(database: Database) -> Iterator[Sent]:
    """Collect what is sent to the database, with its parameters."""
    sent: Sent = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


def plan(database: Database, statement: str, parameters: Any) -> str:
    """How the database answers it, with its parameters as they are sent: SQLite must know an index from the words."""
    explain = "EXPLAIN QUERY PLAN" if database.engine.dialect.name == "sqlite" else "EXPLAIN"
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
    return json.dumps([str(row) for row in rows])


def crowd(database: Database, run: UUID, times: int, *, apart: int = 0) -> None:
    """Copy a run so many times, each with all that belongs to it; then let the database count anew.

    Each copy was accepted `apart` seconds before the last one.
    """
    lite = database.engine.dialect.name == "sqlite"
    key = run.hex if lite else str(run)
    numbers, fresh = (LITE_NUMBERS, "lower(hex(randomblob(16)))") if lite else (NUMBERS, "gen_random_uuid()")
    copied = uuid4().hex
    first_file = "(SELECT id FROM execution_file AS file WHERE file.execution_id = made.id LIMIT 1)"
    with database.writing() as session:
        if not lite:
            session.execute(sa.text("SET LOCAL statement_timeout = 0"))
            session.execute(sa.text(UNCHECKED))
        of_run = f"FROM execution AS kept, ({numbers.format(times=times)}) AS number WHERE kept.id = '{key}'"
        accepted = (LITE_EARLIER if lite else EARLIER).format(apart=apart) if apart else "kept.created_at"
        _insert(session, "execution", of_run, id=fresh, guard_token=f"'{copied}'", created_at=accepted)
        each = "FROM {} AS kept, execution AS made"
        each += f" WHERE kept.execution_id = '{key}' AND made.guard_token = '{copied}'"
        for table in ("execution_file", "delivery"):
            _insert(session, table, each.format(table), id=fresh, execution_id="made.id")
        labelled = {"execution_id": "made.id", "created_at": "made.created_at"}
        _insert(session, "execution_label", each.format("execution_label"), **labelled)
        _insert(session, "usage", each.format("usage"), execution_id="made.id", day="date(made.created_at)")
        _insert(session, "log_line", each.format("log_line"), execution_id="made.id", file_id=first_file)
        for table in CROWDED:  # by name: the whole database would be its catalogue, too
            session.execute(sa.text(f"ANALYZE {table}"))


def _insert(session: Session, table: str, source: str, **changed: str) -> None:
    """Rows as those of `source`, called `kept`, but with the expressions of `changed`; log lines number themselves."""
    columns = [column.name for column in db.metadata.tables[table].columns]
    columns = [name for name in columns if (table, name) != ("log_line", "id")]
    values = ", ".join(changed.get(name, f"kept.{name}") for name in columns)
    session.execute(sa.text(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} {source}"))
