"""Fixtures of the faults that happen to workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.jobs.stage import SHORT, Stage


@pytest.fixture
def new_stage(new_app: Callable[..., Flask], tmp_path: Path) -> Callable[..., Stage]:
    """Makes stages: `new_stage(database_url=…, redis_url=…, workflow="act")` and any other setting."""

    def make(workflow: str = "act", **settings: Any) -> Stage:
        stage = Stage(new_app(**{**SHORT, **settings}), workflow)
        stage.folder = tmp_path
        return stage

    return make


@pytest.fixture
def stage(new_stage: Callable[..., Stage], database_url: str, redis_url: str) -> Stage:
    """A stage on each database and the shared queue."""
    return new_stage(database_url=database_url, redis_url=redis_url)


@pytest.fixture
def sqlite_stage(new_stage: Callable[..., Stage], sqlite_url: str, redis_url: str) -> Stage:
    """A stage on SQLite, for what has nothing to do with the database."""
    return new_stage(database_url=sqlite_url, redis_url=redis_url)
