"""A whole installation in processes of its own, started as `make run` does: one for all tests, called over HTTP."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.airlock import Airlock, app_inside
from tests.launcher.launched import Launched

MAX_UPLOAD_MB = 4
OWN_WORKFLOW = "examples.word_count"


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """Queue, SQLite, a folder, one web process and one worker, running. `installation.url` is where it answers."""
    one_each = {"WORKERS": "1", "WEB_CONCURRENCY": "1", "MAX_UPLOAD_MB": str(MAX_UPLOAD_MB)}
    with Launched(tmp_path_factory.mktemp("installation") / "data", WORKFLOWS=OWN_WORKFLOW, **one_each) as launched:
        yield launched


@pytest.fixture(scope="session")
def installed_app(installation: Launched) -> Iterator[Flask]:
    """An application of the test's process on the parts of the installation: to make deployments, and to look."""
    with app_inside(installation.data) as app:
        yield app


@pytest.fixture(scope="session")
def new_caller(installed_app: Flask) -> Callable[..., Airlock]:
    """Deploys in the installation, each time in an organisation of its own: `new_caller(single_use=True, limit=1)`."""
    numbers = itertools.count(1)
    return lambda **options: Airlock(installed_app, organization=f"acme-{next(numbers)}", **options)
