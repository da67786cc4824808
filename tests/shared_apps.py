"""Applications that serve one test after the other: making one, and compiling its SQL, takes longer than a test."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app import create_app, make_parts
from deployment.api.waiting import room_of
from deployment.database import Database
from deployment.ledger import ExecutionLedger
from deployment.parts import install, parts_of
from jobs.commands import warm_up
from jobs.connections import dispatching
from settings import Settings
from tests.airlock import close, closing, make_app, make_installation, settings_for
from tests.servers.shared import Shared

PER_APPLICATION = {"log_format", "redis_tls_verify", "secret_key", "sentry_dsn", "trusted_proxies", "web_threads"}
"""Settings that an application reads while it is made."""
BESIDE = "airlock_tests_beside"


class LendingDatabase(Database):
    """What is opened beside it stays open for the next test: not for what forks, which needs connections of its own."""

    def __init__(self, database: Database, engines: dict[tuple[int, int], sa.Engine]) -> None:
        super().__init__(database.engine, database._on_change, database.tallies)
        self._engines = engines

    def beside(self, patience: int) -> Database:
        key = os.getpid(), patience
        if key not in self._engines:
            self._engines[key] = super().beside(patience).engine
        return Database(self._engines[key], self._on_change, self.tallies)


class SharedApps:
    """What a test sets, replaces and leaves in one is gone when the next test begins."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, str], list[Flask]] = defaultdict(list)
        self._open = ExitStack()

    @contextmanager
    def lent(self, folder: Path, **told: Any) -> Iterator[Flask]:
        """One with the settings that were told; one of its own where others could not use it afterwards."""
        urls = told.get("database_url"), told.get("redis_url")
        if PER_APPLICATION & told.keys() or not all(isinstance(url, Shared) for url in urls):
            with make_app(folder, **told) as app:
                yield app
            return
        idle, settings = self._idle[str(urls[0]), str(urls[1])], settings_for(folder, **told)
        app = idle.pop() if idle else self._make(settings)
        with _fitted(app, settings):
            yield app
        idle.append(app)

    def close(self) -> None:
        self._open.close()

    def _make(self, settings: Settings) -> Flask:
        app = self._open.enter_context(closing(create_app(settings)))
        engines = app.extensions[BESIDE] = {}
        self._open.callback(_dispose, engines)
        warm_up(parts_of(app))  # as `flask worker` does
        return app


def _dispose(engines: dict[tuple[int, int], sa.Engine]) -> None:
    for engine in engines.values():
        engine.dispose()


@contextmanager
def _fitted(app: Flask, settings: Settings) -> Iterator[None]:
    """With parts of its own, but for the connections of the database, which stay open and know the SQL by now."""
    own, config = parts_of(app), dict(app.config)
    parts = make_parts(app, settings, dispatching(settings.redis_url))
    marking = Database(own.ledger.database.engine, parts.wakeups.publish, parts.tallies)
    lending = LendingDatabase(parts.database, app.extensions[BESIDE])
    parts = replace(parts, database=lending, ledger=ExecutionLedger(marking, parts.policy, parts.last_words))
    app.config["AIRLOCK"] = settings
    install(app, parts)
    make_installation(parts)
    yield
    assert room_of(app).taken == 0, "a reply that streams was not closed"
    close(parts)
    install(app, own)
    app.config.update(config)
