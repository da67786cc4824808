"""A whole installation in processes of its own, as `make run` starts it: one for all tests, called over HTTP."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app import create_app
from launcher.installation import Installation
from settings import Settings, launcher_settings
from tests.airlock import Airlock, closing

MAX_UPLOAD_MB = 4


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Queue, SQLite, a folder, one web process and one worker, running. `installation.url` is where it answers."""
    folder = tmp_path_factory.mktemp("installation")
    settings = launcher_settings(
        airlock_data=folder / "data",
        port=0,
        database_url="",
        redis_url="",
        storage_url="",
        workers=1,
        web_concurrency=1,
        max_upload_mb=MAX_UPLOAD_MB,
    )
    with (folder / "log").open("wb") as log, Installation(settings, log) as running:
        yield running


@pytest.fixture(scope="session")
def installed_app(installation: Installation) -> Iterator[Flask]:
    """An application of the test's process on the parts of the installation: to make deployments, and to look."""
    names = ("DATABASE_URL", "REDIS_URL", "STORAGE_URL", "SECRET_KEY")
    chosen: dict[str, Any] = {name.lower(): installation.environment[name] for name in names}
    with closing(create_app(Settings(**chosen))) as app:
        yield app


@pytest.fixture(scope="session")
def new_caller(installed_app: Flask) -> Callable[..., Airlock]:
    """Deploys in the installation, each time in an organisation of its own: `new_caller(single_use=True, limit=1)`."""
    numbers = itertools.count(1)
    return lambda **options: Airlock(installed_app, organization=f"acme-{next(numbers)}", **options)
