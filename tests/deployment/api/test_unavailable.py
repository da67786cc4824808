"""503 with Retry-After, and nothing else, when a part is away before there is a run; then it works again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.airlock import Airlock
from tests.deployment.api.wire import left, well_formed
from tests.eventually import eventually
from tests.servers.postgres import Postgres
from tests.servers.rclone import RcloneS3

NewApp = Callable[..., Flask]


def refused(reply: TestResponse) -> str:
    assert (reply.status_code, well_formed(reply)["type"]) == (503, "server_error")
    assert int(reply.headers["Retry-After"]) > 0
    return str(reply.get_json()["errors"][0]["detail"])


def test_b5_without_its_database_it_says_so_and_serves_again_when_it_is_back(
    new_app: NewApp, own_postgres: Postgres, redis_url: str
) -> None:
    with own_postgres.database() as url:
        airlock = Airlock(new_app(database_url=url, redis_url=redis_url))
        execution_id = airlock.accept()
        airlock.work_here(execution_id)
        before = left(airlock)
        own_postgres.kill()
        assert "the database" in refused(airlock.post())
        assert "the database" in refused(airlock.get(execution_id))
        own_postgres.start()
        assert eventually(lambda: airlock.get(execution_id).status_code == 200)
        assert len(left(airlock)) == len(before)
        airlock.accept()


def test_b5_without_its_storage_a_result_is_503_and_comes_when_it_is_back(
    new_app: NewApp, database_url: str, redis_url: str, own_s3: RcloneS3
) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, storage_url=own_s3.fresh_bucket()))
    execution_id = airlock.accept()
    airlock.work_here(execution_id)
    own_s3.kill()
    assert "the storage" in refused(airlock.get(execution_id))
    own_s3.start()
    assert eventually(lambda: airlock.get(execution_id).status_code == 200)


def test_without_a_disk_for_uploads_it_says_so(airlock: Airlock, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as disk:
        disk.setattr(tempfile, "tempdir", "/dev/null/full")
        assert "the disk for uploads" in refused(airlock.post())
    assert left(airlock) == []
    airlock.accept()


def test_a_database_that_refuses_a_statement_is_no_database_that_is_away(
    new_app: NewApp, postgres_url: str, redis_url: str
) -> None:
    """A bug of ours must not hide behind "try again": a broken statement is a 500, and logged."""
    airlock = Airlock(new_app(database_url=postgres_url, redis_url=redis_url))
    with airlock.parts.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE api_key RENAME TO elsewhere")
    reply = airlock.get("x")
    assert (reply.status_code, well_formed(reply)["type"]) == (500, "server_error")
    assert "api_key" not in reply.text
