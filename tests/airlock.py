"""Airlock as the tests use it: one deployment in an application of the test's process, called over its wire."""

from __future__ import annotations

import io
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from deployment import lifecycle
from deployment.claims import Claims
from deployment.database import db
from deployment.deployments import deploy
from deployment.dispatch import Ticket
from deployment.execute import execute
from deployment.executions import find_execution
from deployment.models import (
    Delivery,
    DeliveryTry,
    EventType,
    Execution,
    FileStatus,
    Installation,
    LogLine,
    with_files,
)
from deployment.parts import Parts, parts_of
from jobs.connections import working
from jobs.worker import AirlockWorker
from settings import Settings
from storage import names

File = tuple[str, bytes]
HELLO: File = ("hello.txt", b"Hello, world.")


def settings_for(folder: Path, **told: Any) -> Settings:
    """What is `told`, and what tests need beside it; a folder below `folder` holds what it leaves out."""
    return _checked(**told).model_copy(update={"airlock_data": folder})


@cache
def _checked(**told: Any) -> Settings:
    """Once for all tests that tell the same: to check them takes a tenth of what an application costs a test."""
    return Settings(**{"secret_key": "test", **told})


@contextmanager
def make_app(folder: Path, **settings: Any) -> Iterator[Flask]:
    """An application with tables, on what `settings` say."""
    app = create_app(settings_for(folder, **settings))
    with closing(app):
        engine = parts_of(app).database.engine
        if not sa.inspect(engine).has_table(Installation.__tablename__):
            db.metadata.create_all(engine)
        make_installation(parts_of(app))
        yield app


def make_installation(parts: Parts) -> None:
    """The row that `flask db upgrade` makes."""
    with parts.database.writing() as session:
        session.execute(sa.text("INSERT INTO installation (id) VALUES (1) ON CONFLICT DO NOTHING"))


def make_tables(url: str) -> None:
    """All tables of ours, in an empty database."""
    engine = sa.create_engine(url)
    db.metadata.create_all(engine)
    engine.dispose()


@contextmanager
def closing(app: Flask) -> Iterator[Flask]:
    """Close what an application has opened, at the end of the block."""
    try:
        yield app
    finally:
        close(parts_of(app))
        parts_of(app).database.dispose()
        parts_of(app).ledger.database.dispose()


@contextmanager
def app_inside(data: Path, **settings: Any) -> Iterator[Flask]:
    """An application of the test's process on the parts of an installation that runs on the folder `data`."""
    told: dict[str, Any] = {name: (data / "embedded" / name).read_text() for name in ("redis_url", "secret_key")}
    with closing(create_app(Settings(airlock_data=data, **told, **settings))) as app:
        yield app


def close(parts: Parts) -> None:
    """End the thread that looks for those who wait, then close all that is open but the pools of the database."""
    parts.wakeups.close()  # type: ignore[attr-defined]
    parts.dispatcher.close()  # type: ignore[attr-defined]


class Airlock:
    """A deployment, and what its caller and its operator can do."""

    def __init__(
        self,
        app: Flask,
        workflow: str = "extract-text",
        *,
        organization: str = "acme",
        name: str = "text",
        **options: Any,
    ) -> None:
        self.app, self.client = app, app.test_client()
        self.organization = organization
        self.path = f"/deployment/api/{organization}/{name}/"
        with self.parts.database.writing() as session:
            chosen = self.parts.workflows.get(workflow)
            self.key = deploy(session, organization, name, chosen, {}, **options).new_key or ""

    @property
    def parts(self) -> Parts:
        return parts_of(self.app)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def post(self, files: Sequence[File] = (HELLO,), **fields: Any) -> TestResponse:
        """POST `files` and form `fields`."""
        data = {**fields, "files": [(io.BytesIO(content), name) for name, content in files]}
        return self.client.post(self.path, data=data, headers=self.headers)

    def accept(self, files: Sequence[File] = (HELLO,), **fields: Any) -> UUID:
        """POST, see that it was accepted, and return the execution's id."""
        reply = self.post(files, **fields)
        assert reply.status_code == 200, reply.text
        return UUID(reply.get_json()["message"]["execution_id"])

    def get(self, execution_id: UUID | str, **query: Any) -> TestResponse:
        return self.client.get(
            self.path, query_string={"execution_id": str(execution_id), **query}, headers=self.headers
        )

    def work_here(self, execution_id: UUID) -> None:
        """Claim and execute every file of a run in this process: what a worker does, without its queue and its fork."""
        files = self.stored(execution_id).files
        while queued := [file for file in files if file.status == FileStatus.QUEUED]:
            for file in queued:
                ticket = Ticket(execution_id, file.id, file.attempt + 1, file.dispatch)
                with self.parts.database.writing() as session:
                    assert lifecycle.claim(session, ticket, "here", self.parts.policy)
                execute(self.parts, ticket, "here")
            others = any(file.status == FileStatus.WAITING for file in files)
            files = self.stored(execution_id).files if others else []

    def work(self) -> None:
        """Let a real worker do all that is in the queue, in this process and its forks."""
        held = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)}
        settings: Settings = self.app.config["AIRLOCK"]
        try:
            with working(settings.redis_url) as redis, self.app.app_context():
                AirlockWorker(self.app, Claims(self.parts, worker=f"test-{uuid4().hex}"), connection=redis).work(
                    burst=True
                )
        finally:
            for signum, handler in held.items():
                signal.signal(signum, handler)

    def run(self, execution_id: UUID) -> Execution:
        """The row with its files, as a reader finds it (an overdue one is repaired first)."""
        execution = find_execution(self.parts, execution_id)
        assert execution is not None
        return execution

    def stored(self, execution_id: UUID) -> Execution:
        """The row with its files, as it is; nothing is repaired by looking."""
        with self.parts.database.reading() as session:
            execution = session.get_one(Execution, execution_id)
            with_files(session, execution)
        assert execution.files
        return execution

    def rows(self) -> list[Execution]:
        """Every execution, as it is stored."""
        with self.parts.database.reading() as session:
            return list(session.scalars(sa.select(Execution).order_by(Execution.created_at)))

    def log(self, execution_id: UUID) -> list[str]:
        """The lines of the execution log."""
        question = sa.select(LogLine.message).where(LogLine.execution_id == execution_id).order_by(LogLine.id)
        with self.parts.database.reading() as session:
            return list(session.scalars(question))

    def inputs(self, execution_id: UUID) -> list[str]:
        """The keys of what is staged for a run."""
        return list(self.parts.store.keys(names.inputs(execution_id)))

    def tickets(self) -> list[str]:
        """The ids of the jobs that stand in the queue."""
        settings: Settings = self.app.config["AIRLOCK"]
        with working(settings.redis_url) as redis:
            return [job_id.decode() for job_id in redis.lrange("rq:queue:airlock", 0, -1)]

    def told(self, execution_id: UUID, at: datetime) -> None:
        """Let a receiver have been told of the end of a run, at the first try."""
        delivery = Delivery(
            id=uuid4(),
            deployment_id=self.run(execution_id).deployment_id,
            execution_id=execution_id,
            event=EventType.COMPLETED,
            url="https://h/",
            status="DELIVERED",
            created_at=at,
            ended_at=at,
        )
        with self.parts.database.writing() as session:
            session.add(delivery)
            session.flush()
            session.add(DeliveryTry(delivery_id=delivery.id, at=at, seconds=0.1, response_status=200))

    def swap(self, model: type[Any], row_id: UUID, **values: Any) -> None:
        """Write to a row behind everybody's back, as an accident or the passing of time would."""
        with self.parts.database.writing() as session:
            session.execute(sa.update(model).where(model.id == row_id).values(**values))
