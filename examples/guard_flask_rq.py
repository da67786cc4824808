"""Flask, RQ, S3 and a semaphore in Redis: `POST /runs` stages a file and queues it, or leaves nothing behind.

DATABASE_URL=postgresql+psycopg://... flask --app examples.guard_flask_rq run
"""

from __future__ import annotations

import os
from typing import Any, BinaryIO, cast
from uuid import uuid4

import sqlalchemy as sa
from flask import Flask, request
from minio import Minio
from redis import Redis
from rq import Queue

from guards import outcome_of, pre_dispatch_guard
from guards.sql import SqlLedger, own_engine

SLOTS, LIMIT = "runs-in-flight", 2

runs = sa.Table(
    "runs",
    sa.MetaData(),
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("status", sa.String(16)),
    sa.Column("error", sa.Text),
    sa.Column("guard_token", sa.String(40)),
)


class NoFreeSlot(Exception):
    """Too many runs are in flight."""


def take_slot(redis: Redis, token: str) -> None:
    redis.sadd(SLOTS, token)
    if redis.scard(SLOTS) > LIMIT:
        raise NoFreeSlot


def create(engine: sa.Engine, token: str) -> str:
    run = uuid4().hex
    with engine.begin() as connection:
        connection.execute(sa.insert(runs).values(id=run, status="PENDING", guard_token=token))
    return run


def create_app(database_url: str, redis: Redis, store: Minio, bucket: str) -> Flask:
    app, engine = Flask(__name__), sa.create_engine(database_url)
    runs.create(engine, checkfirst=True)
    ledger: SqlLedger[str] = SqlLedger(own_engine(database_url), runs)
    queue = Queue(connection=redis)

    @app.post("/runs")
    def submit() -> Any:
        file = request.files["file"]
        with pre_dispatch_guard(ledger, run_id=str) as guard:
            guard.on_failure(redis.srem, SLOTS, guard.token)
            take_slot(redis, guard.token)
            run = guard.open(create, engine, guard.token)
            guard.on_failure(store.remove_object, bucket, run)
            store.put_object(bucket, run, cast(BinaryIO, file.stream), length=-1, part_size=5 << 20)
            guard.dispatch(queue.enqueue, work, run, guard.token, job_id=run)
        return {"run": run}, 202

    @app.errorhandler(Exception)
    def tell(error: Exception) -> Any:
        outcome = outcome_of(error)
        if outcome is None:
            return {"error": str(error)}, 429 if isinstance(error, NoFreeSlot) else 500
        if outcome.failed:
            return {"run": outcome.run, "error": outcome.reason}, 422
        return {"run": outcome.run}, 202  # it goes on, or nobody knows yet: the caller asks again

    return app


def work(run: str, token: str) -> bool:
    """The job. A run that was taken back is not claimed, and so not executed; in either case its slot is free."""
    engine = sa.create_engine(os.environ["DATABASE_URL"])
    queued = (runs.c.id == run, runs.c.status == "QUEUED")
    with engine.begin() as connection:
        claimed = connection.execute(sa.update(runs).where(*queued).values(status="EXECUTING")).rowcount == 1
    engine.dispose()
    # ... here the document is worked on ...
    with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        redis.srem(SLOTS, token)
    return claimed
