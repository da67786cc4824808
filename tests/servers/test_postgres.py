"""The PostgreSQL of the tests gives independent databases, and survives being killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from tests.servers.postgres import Postgres


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def make_table(url: str) -> None:
    with connected(url) as connection, connection.begin():
        connection.execute(text("CREATE TABLE execution (id INTEGER)"))
        connection.execute(text("INSERT INTO execution VALUES (1)"))


def count_rows(url: str) -> int:
    with connected(url) as connection:
        return int(connection.execute(text("SELECT count(*) FROM execution")).scalar_one())


def test_each_url_is_a_database_of_its_own(postgres: Postgres, bare_postgres_url: str) -> None:
    with postgres.database() as another:
        make_table(bare_postgres_url)
        make_table(another)
        assert count_rows(bare_postgres_url) == count_rows(another) == 1


def test_a_database_is_dropped_even_with_a_connection_left_open(postgres: Postgres) -> None:
    with postgres.database() as url:
        name = url.rpartition("/")[2]
        left_open = postgres.connect(name)
    with postgres.connect() as connection:
        assert connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchall() == []
    left_open.close()


def test_an_emptied_database_has_nothing_of_its_last_user(postgres: Postgres) -> None:
    with postgres.emptied_database() as first:
        connection = psycopg.connect(first.replace("+psycopg", ""), autocommit=True)
        connection.execute("CREATE TABLE left_over (id int)")
    with postgres.emptied_database() as second, psycopg.connect(second.replace("+psycopg", "")) as fresh:
        assert first == second
        assert fresh.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    connection.close()


def test_one_with_tables_keeps_them_without_rows_until_somebody_changes_them(postgres: Postgres) -> None:
    made: list[str] = []

    def make(url: str) -> None:
        make_table(url)
        made.append(url)

    for change in ("INSERT INTO execution VALUES (2)", "ALTER TABLE execution ADD COLUMN more int"):
        with postgres.database_with_tables(make) as url, connected(url) as connection, connection.begin():
            connection.execute(text(change))
    with postgres.database_with_tables(make) as fresh:
        assert count_rows(fresh) == 1
    assert len(made) == 2


def test_a_database_can_be_copied_from_a_prepared_one(postgres: Postgres, bare_postgres_url: str) -> None:
    make_table(bare_postgres_url)
    with postgres.database(template=bare_postgres_url.rpartition("/")[2]) as copy:
        assert count_rows(copy) == 1


def test_database_url_is_an_empty_database_on_each_kind(bare_database_url: str) -> None:
    make_table(bare_database_url)
    assert count_rows(bare_database_url) == 1


def test_the_server_speaks_utc(postgres: Postgres) -> None:
    with postgres.connect() as connection:
        assert connection.execute("SHOW TimeZone").fetchone() == ("UTC",)


def test_killed_and_started_again_it_has_every_committed_row(own_postgres: Postgres) -> None:
    make_table(own_postgres.url())
    with connected(own_postgres.url()) as connection:
        own_postgres.kill()
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT 1"))
    own_postgres.start()
    assert count_rows(own_postgres.url()) == 1


def test_stopped_it_refuses_connections(own_postgres: Postgres) -> None:
    own_postgres.stop()
    assert not own_postgres.answers()
    own_postgres.start()
    assert own_postgres.answers()
