"""The doctor: uses each part for real, step by step, and says in plain words what is wrong and what to do."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import sqlalchemy as sa

from deployment.database import db
from deployment.health import late, reconcile_age
from deployment.models import Installation, Organization
from deployment.parts import Parts
from guards import reason_of
from storage import names


@dataclass(frozen=True)
class Finding:
    """What one step showed. `detail` is the reason of a failure, `advice` what to do about it."""

    part: str
    step: str
    ok: bool
    detail: str = ""
    advice: str = ""


class Unhealthy(Exception):
    """A step went through, and showed something that is wrong."""


@dataclass(frozen=True)
class Step:
    """`advice` is for when `action` raises. Where a `vital` one fails, the part's next steps would tell nothing new."""

    name: str
    action: Callable[[], None]
    advice: str
    vital: bool = True


def examine(parts: Parts) -> Iterator[Finding]:
    """A finding for each step; a part whose vital step fails is not asked any further, the others are."""
    for part, steps in (
        ("database", _database(parts)),
        ("queue", _queue(parts)),
        ("storage", _storage(parts)),
        ("workflows", _workflows(parts)),
        ("reconciler", _reconciler(parts)),
    ):
        for step in steps:
            finding = _find(part, step)
            yield finding
            if step.vital and not finding.ok:
                break


def _find(part: str, step: Step) -> Finding:
    try:
        step.action()
    except Exception as error:
        detail = str(error) if isinstance(error, Unhealthy) else reason_of(error)
        return Finding(part, step.name, False, detail, step.advice)
    return Finding(part, step.name, True)


def _database(parts: Parts) -> list[Step]:
    def connect() -> None:
        with parts.database.reading() as session:
            session.execute(sa.select(1))

    def tables() -> None:
        with parts.database.reading() as session:
            for table in db.metadata.sorted_tables:
                session.execute(sa.select(table).limit(0))
            session.execute(sa.select(Installation.id)).one()

    def row() -> None:
        with parts.database.writing() as session:
            session.add(Organization(id=(probe := uuid4()), name=f"doctor-{probe.hex}"))
            session.flush()
            session.execute(sa.delete(Organization).where(Organization.id == probe))

    return [
        Step("connect", connect, "Nothing works without it: check DATABASE_URL, and that the server runs."),
        Step("tables", tables, "The tables are missing or old: run `flask db upgrade`."),
        Step(
            "write and delete a row",
            row,
            "It may be read but not written: no run can be accepted. Is its disk full? Else grant the rights.",
        ),
    ]


def _queue(parts: Parts) -> list[Step]:
    def workers() -> None:
        if not parts.dispatcher.workers():
            raise Unhealthy("no worker is registered")

    return [
        Step(
            "connect",
            parts.dispatcher.ping,
            "Runs fail at their dispatch: check REDIS_URL, and that the server runs.",
        ),
        Step(
            "enqueue and take back a job",
            parts.dispatcher.probe,
            "It answers but takes no jobs: is it full, or a replica?",
        ),
        Step("workers", workers, "Runs are accepted and wait: start `flask worker`."),
    ]


def _storage(parts: Parts) -> list[Step]:
    store, prefix = parts.store, f"{names.PROBES}{uuid4().hex}/"
    key, content = f"{prefix}probe", b"written by flask doctor"

    def read() -> None:
        with store.open(key) as source:
            if source.read() != content:
                raise Unhealthy("what was read is not what was written")

    def listed() -> None:
        if key not in store.keys(prefix):
            raise Unhealthy("what was written is not in the list")

    def delete() -> None:
        store.delete_prefix(prefix)
        if key in store.keys(prefix):
            raise Unhealthy("what was deleted is still in the list")

    return [
        Step(
            "write",
            lambda: _write(parts, key, content),
            "No run can be accepted: check STORAGE_URL; grant s3:PutObject.",
        ),
        Step("read", read, "It may write but not read: every run will fail; grant s3:GetObject.", vital=False),
        Step("list", listed, "It may not list: no cleanup finds what to delete; grant s3:ListBucket."),
        Step("delete", delete, "It may write but not delete: every cleanup will fail; grant s3:DeleteObject."),
    ]


def _write(parts: Parts, key: str, content: bytes) -> None:
    parts.store.put(key, io.BytesIO(content))


def _workflows(parts: Parts) -> list[Step]:
    def loaded() -> None:
        if not list(parts.workflows):
            raise Unhealthy("none is loaded")

    return [Step("loaded", loaded, "Nothing can be deployed: check WORKFLOWS.")]


def _reconciler(parts: Parts) -> list[Step]:
    def recent() -> None:
        age = reconcile_age(parts)
        if late(age, parts.policy):
            since = "has never been round" if age is None else f"was last round {age:g} s ago"
            raise Unhealthy(f"it {since}")

    return [
        Step(
            "recent",
            recent,
            "Runs whose process died are not rescued: start `flask worker` or `flask reconcile`.",
        )
    ]
