"""A real PostgreSQL on a free loopback port, with fast settings and a cluster of its own.

Nothing is synced to the disk, so a killed server keeps its data but a killed machine would not.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from tests.servers.postgres_binaries import reachable_binaries, reachable_folder, unprivileged_account
from tests.servers.postgres_cluster import Cluster
from tests.servers.prepared_database import CUT_OFF, DROP_TABLES, PreparedDatabase
from tests.servers.process import ServerProcess, as_account, free_port

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "16MB",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "dynamic_shared_memory_type": "mmap",  # in its folder, which is removed: a killed server leaves it behind
    "TimeZone": "UTC",
    "log_timezone": "UTC",
}


class Postgres:
    """One server; its port and its data stay the same over `stop`, `kill` and `start`."""

    def __init__(self, binaries: Path, cluster: Cluster | None = None) -> None:
        """Begins with a copy of `cluster`, or makes its own."""
        self.port = free_port()
        self._account = unprivileged_account()
        self.folder = reachable_folder("airlock-postgres-", self._account)
        self._cluster = cluster
        self._binaries = reachable_binaries(binaries, self._account, self.folder)
        self._numbers = itertools.count(1)
        self._bare: list[str] = []
        self._prepared: dict[Callable[[str], None], list[PreparedDatabase]] = defaultdict(list)
        self.process = ServerProcess(
            [str(self._binaries / "postgres"), "-D", str(self._data), "-p", str(self.port), *_options()],
            folder=self.folder,
            log=self.folder / "server.log",
            account=self._account,
            environment=_environment(),
            end_with=signal.SIGINT,  # the fast shutdown: open connections are cut
        )

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        self.process.start(ready=self.answers)

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        """SIGKILL to the server and to the processes of its connections; `start` recovers."""
        self.process.kill()

    def pause(self) -> None:
        """New connections hang until `resume`; open ones still work, each has its own process."""
        self.process.pause()

    def resume(self) -> None:
        self.process.resume()

    def answers(self) -> bool:
        try:
            with self.connect():
                return True
        except psycopg.OperationalError:
            return False

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A plain connection as the superuser, in autocommit mode; it gives up after two seconds."""
        address = f"host=127.0.0.1 port={self.port} user=postgres dbname={database} connect_timeout=2"
        return psycopg.connect(address, autocommit=True)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a fresh copy of `template`, dropped at the end even if connections are left open."""
        name = f"{template}_{next(self._numbers)}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield self.url(name)
        finally:
            if self.process.alive:
                self._run("DROP DATABASE {} WITH (FORCE)", name)

    @contextmanager
    def emptied_database(self) -> Iterator[str]:
        """The URL of an empty database, used again by the next caller: ten times as fast as a fresh one."""
        name = self._bare.pop() if self._bare else self._create()
        try:
            yield self.url(name)
        finally:
            with self.connect(name) as connection:
                connection.execute(CUT_OFF)
                connection.execute(DROP_TABLES)
            self._bare.append(name)

    @contextmanager
    def database_with_tables(self, make: Callable[[str], None]) -> Iterator[str]:
        """The URL of one with what `make(url)` makes; its next caller finds the tables as they were, without rows."""
        spare = self._prepared[make]
        database = spare.pop() if spare else self._prepare(make)
        yield database.url
        if database.restore():
            spare.append(database)
        else:
            database.close()

    def _create(self) -> str:
        name = f"emptied_{next(self._numbers)}"
        self._run("CREATE DATABASE {} TEMPLATE template0", name)
        return name

    def _prepare(self, make: Callable[[str], None]) -> PreparedDatabase:
        name = self._create()
        make(self.url(name))
        return PreparedDatabase(self.url(name), self.connect(name))

    def _run(self, statement: str, *names: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def __enter__(self) -> Postgres:
        try:
            self._prepare_data()
            self.start()
        except BaseException:
            self._clean()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for database in itertools.chain.from_iterable(self._prepared.values()):
            database.close()
        self.process.stop()
        self._clean()

    def _prepare_data(self) -> None:
        if self._cluster is None:
            self._initialise()
        else:
            self._cluster.copy_to(self._data, self._initialise)

    def _initialise(self) -> None:
        subprocess.run(
            [
                self._binaries / "initdb",
                f"--pgdata={self._data}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ],
            cwd=self.folder,
            env=_environment(),
            check=True,
            capture_output=True,
            **as_account(self._account),
        )

    def _clean(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _options() -> list[str]:
    return [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]


def _environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return ours | {"LC_ALL": "C", "TZ": "UTC"}
