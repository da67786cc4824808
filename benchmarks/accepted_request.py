"""One accepted request: a POST of a small file to the real application, on SQLite, a folder and a Valkey."""

from __future__ import annotations

import io
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from deployment.database import db
from deployment.deployments import deploy
from deployment.models import Installation
from deployment.parts import parts_of
from launcher.part import Part
from launcher.valkey import EmbeddedValkey
from settings import Settings

WARM = 3
"""Requests before the first that is measured: they open connections and import what is imported late."""
STOP_SECONDS = 5


def microseconds_of_one(times: int) -> float:
    """The median of so many, after a few that warm up. Nobody executes what is accepted."""
    with _application(slots=times + WARM) as app:
        key = _deployed(app)
        taken = [_post(app.test_client(), key) for _ in range(times + WARM)]
    return median(taken[WARM:]) * 1e6


def _post(client: FlaskClient, key: str) -> float:
    files = {"files": [(io.BytesIO(b"Hello, world."), "hello.txt")]}
    begun = time.perf_counter()
    reply = client.post("/deployment/api/acme/text/", data=files, headers={"Authorization": f"Bearer {key}"})
    taken = time.perf_counter() - begun
    if reply.status_code != 200:
        raise SystemExit(f"a request was not accepted: {reply.status} {reply.text}")
    return taken


def _deployed(app: Flask) -> str:
    parts = parts_of(app)
    with parts.database.writing() as session:
        made = deploy(session, "acme", "text", parts.workflows.get("extract-text"), {})
        return made.new_key or ""


@contextmanager
def _application(slots: int) -> Iterator[Flask]:
    """The application on parts of its own, with room for so many live executions. Its log keeps still."""
    with TemporaryDirectory(prefix="airlock-bench-") as folder, _queue(Path(folder) / "valkey") as redis_url:
        rooms = {"org_concurrency": slots, "global_concurrency": slots}
        servers = {"database_url": "", "storage_url": "", "redis_url": redis_url}
        chosen: dict[str, Any] = {"airlock_data": Path(folder), "secret_key": "bench", **servers, **rooms}
        app = create_app(Settings(**chosen))
        logging.getLogger().setLevel(logging.WARNING)
        with app.app_context():
            db.create_all()
            db.session.merge(Installation(id=1))
            db.session.commit()
            db.session.remove()
        yield app


@contextmanager
def _queue(folder: Path) -> Iterator[str]:
    """The URL of a Valkey, as the launcher starts it."""
    valkey = EmbeddedValkey(folder)
    command = valkey.command()
    with (folder / "log").open("wb") as output:
        part = Part("valkey", command, os.environ, output)
        try:
            part.await_ready(valkey.lacking)
            yield valkey.url
        finally:
            part.stop(time.monotonic() + STOP_SECONDS)
