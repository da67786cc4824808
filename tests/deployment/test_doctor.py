"""`flask doctor` uses every part for real, and says in plain words what is wrong and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from deployment.clock import utcnow
from deployment.database import db
from deployment.models import Installation, Organization
from deployment.parts import parts_of
from deployment.reconcile import reconcile
from jobs.connections import working
from storage import names
from tests.deployment.cli.commands import Commands
from tests.servers.postgres import Postgres
from tests.servers.process import free_port
from tests.servers.rclone import RcloneS3
from tests.servers.s3_proxy import S3Proxy
from tests.servers.valkey import Valkey

NewApp = Callable[..., Flask]


def examined(app: Flask) -> dict[str, dict[str, Any]]:
    """The findings by `part: step`; the exit status says whether one is bad."""
    done = Commands(app)("doctor", "--json")
    findings = {f"{finding['part']}: {finding['step']}": finding for finding in json.loads(done.stdout)}
    assert done.exit_code == (0 if all(finding["ok"] for finding in findings.values()) else 1)
    return findings


def wrong(app: Flask) -> dict[str, dict[str, Any]]:
    """What is wrong beside what an application without processes lacks anyway."""
    bad = {name: finding for name, finding in examined(app).items() if not finding["ok"]}
    return {name: finding for name, finding in bad.items() if name not in ("queue: workers", "reconciler: recent")}


def test_each_part_is_used_and_nothing_of_it_is_left(app: Flask, redis_url: str) -> None:
    assert wrong(app) == {}
    assert {name.partition(":")[0] for name in examined(app)} == {
        "database",
        "queue",
        "storage",
        "workflows",
        "reconciler",
    }
    with parts_of(app).database.reading() as session:
        assert session.scalars(sa.select(Organization)).all() == []
    assert list(parts_of(app).store.keys("")) == []
    with working(redis_url) as redis:
        assert [*redis.scan_iter("*probe*"), *redis.scan_iter("rq:job:*")] == []


def test_no_worker_and_no_reconciler_are_told_with_what_to_start(app: Flask) -> None:
    told = examined(app)
    assert told["queue: workers"]["advice"] == "Runs are accepted and wait: start `flask worker`."
    assert told["reconciler: recent"]["detail"] == "it has never been round"


def test_a_reconciler_that_is_late_is_told_with_its_age(app: Flask) -> None:
    reconcile(parts_of(app))
    assert examined(app)["reconciler: recent"]["ok"]
    with parts_of(app).database.writing() as session:
        session.execute(sa.update(Installation).values(reconciled_at=utcnow() - timedelta(minutes=2)))
    told = examined(app)["reconciler: recent"]
    assert told["detail"].startswith("it was last round 120")
    assert "flask worker" in told["advice"]


def test_a_person_reads_what_is_wrong_and_what_to_do(app: Flask) -> None:
    done = Commands(app)("doctor")
    assert done.exit_code == 1
    assert "ok    database: connect\n" in done.stdout
    assert "FAIL  queue: workers\n      no worker is registered\n      Runs are accepted and wait" in done.stdout


@pytest.mark.parametrize(
    ("denied", "step", "advice"),
    [
        ("PUT", "write", "No run can be accepted"),
        ("GET /probe", "read", "It may write but not read"),
        ("GET list-type", "list", "It may not list"),
        ("POST ?delete", "delete", "It may write but not delete"),
    ],
)
def test_what_a_storage_may_not_do_is_told(
    denied: str, step: str, advice: str, new_app: NewApp, sqlite_url: str, redis_url: str, s3_faults: S3Proxy
) -> None:
    app = new_app(database_url=sqlite_url, redis_url=redis_url, storage_url=s3_faults.url)
    s3_faults.deny(denied)
    ((name, told),) = wrong(app).items()
    assert name == f"storage: {step}"
    assert told["advice"].startswith(advice)
    assert "denies access" in told["detail"]


def test_a_storage_that_may_not_be_read_keeps_no_probe(
    new_app: NewApp, sqlite_url: str, redis_url: str, s3_faults: S3Proxy
) -> None:
    app = new_app(database_url=sqlite_url, redis_url=redis_url, storage_url=s3_faults.url)
    s3_faults.deny("GET /probe")
    wrong(app)
    assert list(parts_of(app).store.keys(names.PROBES)) == []


def test_a_bucket_that_is_missing_is_told(new_app: NewApp, sqlite_url: str, redis_url: str, s3: RcloneS3) -> None:
    url = s3.fresh_bucket()
    bucket = url.partition("?")[0].rpartition("/")[2]
    app = new_app(database_url=sqlite_url, redis_url=redis_url, storage_url=url.replace(bucket, "not-there"))
    ((name, told),) = wrong(app).items()
    assert name == "storage: write"
    assert "the bucket does not exist; create it" in told["detail"]


def test_missing_tables_are_told_with_the_command_that_makes_them(app: Flask) -> None:
    with app.app_context():
        db.drop_all()
    told = wrong(app)["database: tables"]
    assert told["advice"] == "The tables are missing or old: run `flask db upgrade`."


def test_an_old_table_is_told(app: Flask) -> None:
    with parts_of(app).database.writing() as session:
        session.execute(sa.text("ALTER TABLE api_key DROP COLUMN label"))
    assert set(wrong(app)) == {"database: tables"}


def test_a_database_that_does_not_answer_is_told(new_app: NewApp, redis_url: str, own_postgres: Postgres) -> None:
    with own_postgres.database() as url:
        app = new_app(database_url=url, redis_url=redis_url)
        own_postgres.kill()
        told = wrong(app)
        own_postgres.start()
    assert set(told) == {"database: connect"}
    assert "check DATABASE_URL" in told["database: connect"]["advice"]


def test_a_queue_that_does_not_answer_is_told_without_its_password(new_app: NewApp, sqlite_url: str) -> None:
    app = new_app(database_url=sqlite_url, redis_url=f"redis://:hidden@127.0.0.1:{free_port()}")
    told = wrong(app)
    assert set(told) == {"queue: connect"}
    assert "check REDIS_URL" in told["queue: connect"]["advice"]
    assert "hidden" not in str(told)


def test_a_queue_that_takes_nothing_is_told(new_app: NewApp, sqlite_url: str, own_valkey: Valkey) -> None:
    app = new_app(database_url=sqlite_url, redis_url=own_valkey.url)
    with own_valkey.client() as client:
        client.config_set("maxmemory", "1")
    assert set(wrong(app)) == {"queue: enqueue and take back a job"}
