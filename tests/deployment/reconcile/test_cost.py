"""What a pass costs: a few statements, each from a partial index, however many rows are stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from deployment.database import Database
from deployment.models import Execution
from deployment.reconcile import reconcile, rescue
from tests.airlock import Airlock
from tests.deployment.reconcile.overdue import stored

MANY = 3_000


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


@pytest.fixture
def crowded(airlock: Airlock) -> Airlock:
    """3,000 runs that ended long ago, each with a file, beside one that waits for a worker."""
    run = airlock.accept()
    airlock.work()
    airlock.accept()
    copy(airlock.parts.database, "execution", str(run), MANY)
    copy(airlock.parts.database, "execution_file", str(stored(airlock, run).files[0].id), MANY)
    with airlock.parts.database.writing() as session:
        session.execute(sa.text("ANALYZE"))
        session.execute(sa.update(Execution).values(cleanup_due_at=None))
    return airlock


def copy(database: Database, table: str, row_id: str, times: int) -> None:
    """Copy a row so many times, each with an id of its own (and as its own run, where it is a file)."""
    lite = database.engine.dialect.name == "sqlite"
    columns = [column["name"] for column in sa.inspect(database.engine).get_columns(table)]
    fresh = "lower(hex(randomblob(16)))" if lite else "gen_random_uuid()"
    taken = [fresh if name == "id" else "n" if name == "ordinal" else name for name in columns]
    numbers = (
        f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {times}) "
        if lite
        else f"WITH s(n) AS (SELECT * FROM generate_series(1, {times})) "
    )
    key = row_id.replace("-", "") if lite else row_id
    with database.writing() as session:
        insert = f"INSERT INTO {table} ({', '.join(columns)}) {numbers} SELECT {', '.join(taken)}"
        session.execute(sa.text(f"{insert} FROM {table}, s WHERE id = '{key}'"))


def test_an_idle_pass_costs_three_statements_from_partial_indexes_however_much_is_stored(crowded: Airlock) -> None:
    rescue(crowded.parts)
    with statements(crowded.parts.database) as sent:
        assert rescue(crowded.parts) == {}
    assert len(sent) == 3, sent
    with statements(crowded.parts.database) as sent:
        assert reconcile(crowded.parts) == {}
    assert len(sent) == 7, sent
    for statement, parameters in sent:
        if "FROM execution" in statement:
            how = plan(crowded.parts.database, statement, parameters)
            assert "Seq Scan" not in how, how
            assert "SCAN execution" not in how.replace("SCAN execution USING INDEX", ""), how


def plan(database: Database, statement: str, parameters: Any) -> str:
    """How the database answers it, with its parameters as they are sent: SQLite must know an index from the words."""
    explain = "EXPLAIN QUERY PLAN" if database.engine.dialect.name == "sqlite" else "EXPLAIN"
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
    return json.dumps([str(row) for row in rows])


def test_every_statement_on_postgres_has_a_time_limit(postgres_url: str, new_app: Any, redis_url: str) -> None:
    airlock = Airlock(new_app(database_url=postgres_url, redis_url=redis_url))
    with airlock.parts.database.reading() as session:
        limits = [session.scalar(sa.text(f"SHOW {name}")) for name in ("statement_timeout", "lock_timeout")]
    assert limits == ["15s", "10s"]
