"""Airlock itself: the application in the test's process, on real parts; and a whole installation of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.airlock import Airlock, make_app
from tests.shared_apps import SharedApps


@pytest.fixture
def new_app(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Makes applications: `new_app(database_url=…, redis_url=…, storage_url=…, lease_seconds=2)`; tables included."""
    with ExitStack() as made:

        def make(**settings: Any) -> Flask:
            return made.enter_context(make_app(tmp_path, **settings))

        yield make


@pytest.fixture(scope="session")
def shared_apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedApps]:
    """Applications that serve one test after the other."""
    apps = SharedApps(tmp_path_factory.mktemp("apps"))
    yield apps
    apps.close()


@pytest.fixture(params=["sqlite", "postgres"])
def app(request: pytest.FixtureRequest, shared_apps: SharedApps, redis_url: str) -> Iterator[Flask]:
    """An application on each database, the shared queue, and a folder; all of them empty."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    with shared_apps.lent(url, redis_url) as app:
        yield app


@pytest.fixture
def airlock(app: Flask) -> Airlock:
    """A deployment of `extract-text` in that application, with its key: how a caller sees it."""
    return Airlock(app)
