"""`/healthz` says that a process is alive; `/readyz` says whether it can serve, and if not, which part does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from deployment.clock import utcnow
from deployment.models import Installation
from deployment.parts import parts_of
from deployment.reconcile import reconcile
from tests.servers.postgres import Postgres
from tests.servers.process import free_port
from tests.servers.s3_proxy import S3Proxy

NewApp = Callable[..., Flask]


def readyz(app: Flask) -> tuple[int, dict[str, Any]]:
    reply = app.test_client().get("/readyz")
    assert "hidden" not in reply.text
    return reply.status_code, reply.get_json()


def lacking(app: Flask) -> dict[str, str]:
    """The parts that do not answer, with their reasons; each makes `/readyz` a 503, and none `/healthz`."""
    status, told = readyz(app)
    assert (status, told["status"]) == (503, "unavailable")
    assert app.test_client().get("/healthz").get_json() == {"status": "alive"}
    return {name: answer for name, answer in told["parts"].items() if answer != "ok"}


def test_all_parts_answer(app: Flask) -> None:
    status, told = readyz(app)
    assert (status, told["status"]) == (200, "ready")
    assert told["parts"] == {"database": "ok", "queue": "ok", "storage": "ok"}


def test_the_age_of_the_last_reconcile_pass_is_told_and_a_late_one_is_called_late(app: Flask) -> None:
    """Late is not unready: a restart of the web processes would not help."""
    assert readyz(app)[1]["reconciler"] == {"age_seconds": None, "late": True}
    reconcile(parts_of(app))
    fresh = readyz(app)[1]["reconciler"]
    assert not fresh["late"]
    assert 0 <= fresh["age_seconds"] < 10
    with parts_of(app).database.writing() as session:
        session.execute(sa.update(Installation).values(reconciled_at=utcnow() - timedelta(seconds=60)))
    status, told = readyz(app)
    assert (status, told["reconciler"]["late"]) == (200, True)


def test_a_database_that_is_down_is_named(new_app: NewApp, redis_url: str, own_postgres: Postgres) -> None:
    with own_postgres.database() as url:
        app = new_app(database_url=url, redis_url=redis_url)
        own_postgres.kill()
        told = lacking(app)
        own_postgres.start()
    assert set(told) == {"database"}


def test_a_database_without_tables_is_named(app: Flask) -> None:
    with parts_of(app).database.writing() as session:
        session.execute(sa.delete(Installation))
    assert set(lacking(app)) == {"database"}


def test_a_queue_that_is_down_is_named(new_app: NewApp, sqlite_url: str) -> None:
    app = new_app(database_url=sqlite_url, redis_url=f"redis://:hidden@127.0.0.1:{free_port()}")
    assert set(lacking(app)) == {"queue"}


def test_a_storage_that_denies_is_named(new_app: NewApp, sqlite_url: str, redis_url: str, s3_faults: S3Proxy) -> None:
    app = new_app(database_url=sqlite_url, redis_url=redis_url, storage_url=s3_faults.url)
    assert readyz(app)[0] == 200
    s3_faults.deny()
    assert "denies access" in lacking(app)["storage"]


def test_a_storage_that_is_down_is_named_without_its_secret(new_app: NewApp, sqlite_url: str, redis_url: str) -> None:
    url = f"s3://key:hidden@127.0.0.1:{free_port()}/bucket?secure=false"
    assert set(lacking(new_app(database_url=sqlite_url, redis_url=redis_url, storage_url=url))) == {"storage"}


def test_a_self_signed_queue_is_refused_unless_it_is_told_to_be_fine(
    new_app: NewApp, sqlite_url: str, rediss_url: str, tmp_path: Path
) -> None:
    refused = lacking(new_app(database_url=sqlite_url, redis_url=rediss_url, redis_tls_verify=True))
    assert "CERTIFICATE_VERIFY_FAILED" in refused["queue"]
    other = f"sqlite:///{tmp_path}/other.db"
    assert readyz(new_app(database_url=other, redis_url=rediss_url, redis_tls_verify=False))[0] == 200
