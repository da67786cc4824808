"""What the tests of presigned URLs share: a deployment that may fetch from a test's server, and what a failure is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from redis import Redis
from werkzeug.test import TestResponse

from deployment.database import db
from deployment.models import Execution
from settings import Settings
from tests.airlock import Airlock
from tests.servers.file_server import SIGNATURE, FileServer

NewApp = Callable[..., Flask]
LOOPBACK = "127.0.0.0/8"


def allowed(port: int, *hosts: str) -> tuple[str, ...]:
    """PRESIGNED_HOSTS for a server on loopback."""
    return tuple(f"{host}:{port}@{LOOPBACK}" for host in ("127.0.0.1", *hosts))


def fetching(new_app: NewApp, files: FileServer, database_url: str, redis_url: str, **settings: Any) -> Airlock:
    """A deployment with one slot, which may fetch from `files`, as 127.0.0.1 and as files.test."""
    chosen = {"presigned_hosts": allowed(files.port, "files.test"), "org_concurrency": 1, **settings}
    return Airlock(new_app(database_url=database_url, redis_url=redis_url, **chosen))


def fetched(airlock: Airlock, *urls: str, **fields: Any) -> UUID:
    """POST only `urls`, in a JSON body, and see that they are accepted."""
    reply = post(airlock, *urls, **fields)
    assert reply.status_code == 200, reply.text
    return UUID(reply.get_json()["message"]["execution_id"])


def post(airlock: Airlock, *urls: str, **fields: Any) -> TestResponse:
    given = {"presigned_urls": list(urls), **fields}
    return airlock.client.post(airlock.path, json=given, headers=airlock.headers)


def failed(airlock: Airlock, reply: TestResponse, reason: str) -> Execution:
    """See that it was a failed step: 422, the row an ERROR with `reason`, no object, no job, no secret told."""
    assert reply.status_code == 422, reply.text
    message = reply.get_json()["message"]
    assert message["execution_status"] == "ERROR"
    assert reason in message["error"], message["error"]
    run = airlock.run(UUID(message["execution_id"]))
    assert (run.status, run.error, run.lease_expires_at) == ("ERROR", message["error"], None)
    assert any(reason in line for line in airlock.log(run.id))
    assert airlock.inputs(run.id) == []
    assert airlock.tickets() == []
    assert SIGNATURE not in f"{reply.headers}{reply.text}{airlock.get(run.id).text}{everything(airlock)}"
    return run


def everything(airlock: Airlock) -> str:
    """All that the database and the queue hold, as text."""
    settings: Settings = airlock.app.config["AIRLOCK"]
    with airlock.parts.database.reading() as session:
        rows = [session.execute(sa.select(table)).all() for table in db.metadata.sorted_tables]
    with Redis.from_url(settings.redis_url) as redis:
        values = [redis.dump(key) for key in redis.scan_iter()]
    return f"{rows}{values}"
