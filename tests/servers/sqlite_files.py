"""SQLite files whose tables outlive their rows: making them takes longer than most tests."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


class SqliteFiles:
    """Below a folder. `make(url)` makes the tables of one."""

    def __init__(self, folder: Path, make: Callable[[str], None]) -> None:
        self._folder, self._make, self._numbers = folder, make, itertools.count(1)
        self._spare: list[tuple[Path, int]] = []

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The URL of one without rows. Emptied now: what a test has left running may write to the very end."""
        while self._spare and not _empty(*self._spare[-1]):
            self._spare.pop()
        path, shape = self._spare.pop() if self._spare else self._new()
        yield f"sqlite:///{path}"
        self._spare.append((path, shape))

    def _new(self) -> tuple[Path, int]:
        path = self._folder / f"{next(self._numbers)}.db"
        self._make(f"sqlite:///{path}")
        with closing(sqlite3.connect(path)) as connection:
            return path, _shape(connection)


def _empty(path: Path, shape: int) -> bool:
    """Delete all rows; False if the tables are not as they were. A new connection looks at no foreign keys."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        if _shape(connection) != shape:
            return False
        connection.execute("BEGIN IMMEDIATE")
        for (table,) in connection.execute(TABLES).fetchall():
            connection.execute(f'DELETE FROM "{table}"')
        connection.execute("COMMIT")
    return True


def _shape(connection: sqlite3.Connection) -> int:
    """Changes when a table does."""
    return int(connection.execute("PRAGMA schema_version").fetchone()[0])
