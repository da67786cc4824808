"""Applications that serve one test after the other: making one, and compiling its SQL, takes longer than a test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from deployment.api.waiting import room_of
from deployment.database import Database, db
from deployment.models import Installation
from deployment.parts import install, parts_of
from deployment.rehearsal import compile_statements
from tests.airlock import disconnect, make_app


class SharedApps:
    """One for each database; what a test replaces in it, and what it leaves, is gone when the next test begins."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._made = folder, 0
        self._idle: dict[str, Flask] = {}
        self._open = ExitStack()

    @contextmanager
    def lent(self, database_url: str, redis_url: str) -> Iterator[Flask]:
        """One on the database at `database_url`, which is emptied by who has made it, or on a SQLite file of ours."""
        app = self._idle.pop(database_url, None) or self._make(database_url, redis_url)
        parts, config = parts_of(app), dict(app.config)
        with parts.database.writing() as session:
            session.merge(Installation(id=1))
        shape = _shape(parts.database)
        yield app
        assert room_of(app).taken == 0, "a reply that streams was not closed"
        install(app, parts)
        app.config.update(config)
        disconnect(parts)
        shutil.rmtree(app.config["AIRLOCK"].airlock_data / "objects", ignore_errors=True)
        if _shape(parts.database) == shape:
            if not database_url:
                _delete_rows(parts.database)
            self._idle[database_url] = app

    def close(self) -> None:
        self._open.close()

    def _make(self, database_url: str, redis_url: str) -> Flask:
        self._made += 1
        folder = self._folder / str(self._made)
        folder.mkdir()
        url = database_url or f"sqlite:///{folder}/airlock.db"
        app = self._open.enter_context(make_app(folder, database_url=url, redis_url=redis_url))
        compile_statements(parts_of(app).database, parts_of(app).policy)  # as `flask worker` does
        return app


def _shape(database: Database) -> object:
    """Changes when a table does; PostgreSQL's are watched by who lends them."""
    if database.engine.dialect.name != "sqlite":
        return None
    with database.reading() as session:
        return session.scalar(sa.text("PRAGMA schema_version"))


def _delete_rows(database: Database) -> None:
    with database.writing() as session:
        for table in reversed(db.metadata.sorted_tables):
            session.execute(sa.delete(table))
