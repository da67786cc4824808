"""Airlock itself: the application in the test's process, on real parts; and a whole installation of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.airlock import Airlock
from tests.shared_apps import SharedApps


@pytest.fixture(scope="session")
def shared_apps() -> Iterator[SharedApps]:
    """Applications that serve one test after the other."""
    apps = SharedApps()
    yield apps
    apps.close()


@pytest.fixture
def new_app(tmp_path: Path, shared_apps: SharedApps) -> Iterator[Callable[..., Flask]]:
    """Makes applications: `new_app(database_url=…, redis_url=…, storage_url=…, lease_seconds=2)`; tables included."""
    with ExitStack() as lent:

        def make(**settings: Any) -> Flask:
            return lent.enter_context(shared_apps.lent(tmp_path, **settings))

        yield make


@pytest.fixture
def app(new_app: Callable[..., Flask], database_url: str, redis_url: str) -> Flask:
    """An application on each database, the shared queue, and a folder; all of them empty."""
    return new_app(database_url=database_url, redis_url=redis_url)


@pytest.fixture
def airlock(app: Flask) -> Airlock:
    """A deployment of `extract-text` in that application, with its key: how a caller sees it."""
    return Airlock(app)
