"""Forgetting: a run whose result has long expired goes with all that is its own, in batches, and holds up no other."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from datetime import timedelta
from unittest import mock
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from freezegun import freeze_time

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.database import db
from deployment.forgetting import AT_ONCE, BELONGINGS
from deployment.models import Delivery, Execution, ExecutionFile, LogLine
from deployment.reconcile import CHORES, reconcile, tend
from deployment.reconcile.overdue import BATCH
from storage import AccessDenied, names
from tests.airlock import Airlock
from tests.deployment.reconcile.crowd import crowd, statements
from tests.servers.s3_proxy import S3Proxy

NewApp = Callable[..., Flask]
FORGETTING = next(chore for chore in CHORES if chore.name == "forgotten")
TABLES = (Execution, ExecutionFile, LogLine, Delivery)


@pytest.fixture
def on_sqlite(new_app: NewApp, sqlite_url: str, redis_url: str) -> Airlock:
    """For what has nothing to do with the database."""
    return Airlock(new_app(database_url=sqlite_url, redis_url=redis_url))


def count(airlock: Airlock) -> list[int]:
    """How many rows there are in each of the tables of runs."""
    with airlock.parts.database.reading() as session:
        return [session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in TABLES]


def purged(airlock: Airlock, since: timedelta = timedelta()) -> UUID:
    """A run whose result has gone, and which was to be forgotten `since` so long."""
    run, long_ago = airlock.accept(), utcnow() - timedelta(days=40)
    airlock.work_here(run)
    gone = {"expires_at": long_ago, "purged_at": long_ago, "forget_at": utcnow() - since, "cleanup_due_at": None}
    airlock.swap(Execution, run, **gone)
    airlock.parts.store.delete_prefix(names.execution(run))
    airlock.told(run, long_ago)
    return run


def forget(airlock: Airlock) -> int:
    return reconcile(airlock.parts)["forgotten"]


def test_a_caller_is_told_that_the_result_expired_and_later_that_there_is_no_such_run(airlock: Airlock) -> None:
    run = airlock.accept()
    airlock.work_here(run)
    policy, seen = airlock.parts.policy, []
    expires = airlock.stored(run).expires_at
    assert expires is not None
    with freeze_time(utcnow()) as clock:
        for moment in (
            expires - timedelta(seconds=1),
            expires,
            expires + policy.history_ttl - timedelta(seconds=1),
            expires + policy.history_ttl,
        ):
            clock.move_to(moment)
            reconcile(airlock.parts)
            reply = airlock.get(run)
            seen.append((reply.status_code, reply.get_json().get("status")))
    assert seen == [(200, "COMPLETED"), (410, "COMPLETED"), (410, "COMPLETED"), (404, None)]
    assert count(airlock) == [0, 0, 0, 0]


def test_a_history_of_no_seconds_goes_with_the_result(new_app: NewApp, database_url: str, redis_url: str) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, history_ttl=0))
    run = airlock.accept()
    airlock.work_here(run)
    with freeze_time(airlock.stored(run).expires_at):
        assert forget(airlock) == 1
    assert count(airlock) == [0, 0, 0, 0]


def test_all_that_refers_to_a_run_goes_with_it() -> None:
    """Who adds a table that refers to runs or their files adds it to what is forgotten with them."""
    keys = {key for table in db.metadata.tables.values() for key in table.foreign_keys}
    referring = {key.parent.table.name for key in keys if key.column.table.name in ("execution", "execution_file")}
    assert referring == {column.class_.__tablename__ for column in BELONGINGS}


def test_its_neighbours_keep_everything(airlock: Airlock) -> None:
    purged(airlock)
    kept = purged(airlock)
    airlock.swap(Execution, kept, forget_at=utcnow() + timedelta(hours=1))
    before = count(airlock)
    assert forget(airlock) == 1
    assert count(airlock) == [rows // 2 for rows in before]
    assert (len(airlock.log(kept)), len(airlock.stored(kept).files)) == (before[2] // 2, 1)


def test_what_has_come_into_the_storage_meanwhile_goes_as_well(on_sqlite: Airlock) -> None:
    """Once the row is gone, nobody would find it."""
    run = purged(on_sqlite)
    late = names.result_key(run, on_sqlite.stored(run).files[0].id, 1)
    on_sqlite.parts.store.put(late, io.BytesIO(b"of a zombie"))
    assert forget(on_sqlite) == 1
    assert list(on_sqlite.parts.store.keys(names.execution(run))) == []


@pytest.mark.parametrize("due", ["cleanup", "delivery"])
def test_a_run_that_has_something_due_is_not_forgotten_before_that_is_done(airlock: Airlock, due: str) -> None:
    run, later = purged(airlock), utcnow() + timedelta(minutes=1)
    (delivery,) = _deliveries(airlock, run)
    if due == "cleanup":
        airlock.swap(Execution, run, cleanup_due_at=later)
    else:
        airlock.swap(Delivery, delivery.id, status="PENDING", due_at=later, ended_at=None)
    assert forget(airlock) == 0
    airlock.swap(Execution, run, cleanup_due_at=None)
    airlock.swap(Delivery, delivery.id, status="GIVEN_UP", due_at=None, ended_at=utcnow())
    assert forget(airlock) == 1


@pytest.mark.parametrize("state", ["live", "with its result"])
def test_a_run_that_is_live_or_has_its_result_cannot_even_be_marked(airlock: Airlock, state: str) -> None:
    run = airlock.accept()
    if state == "with its result":
        airlock.work_here(run)
    with pytest.raises(sa.exc.IntegrityError):
        airlock.swap(Execution, run, forget_at=utcnow(), **({"purged_at": utcnow()} if state == "live" else {}))


def test_many_runs_are_forgotten_in_batches_of_a_few_statements_each(airlock: Airlock) -> None:
    run, many, rounds = purged(airlock), 2_000, 1
    crowd(airlock.parts.database, run, many - 1)
    with statements(airlock.parts.database) as sent:
        while done := tend(airlock.parts, FORGETTING):
            assert done <= BATCH
            rounds += 1
    assert count(airlock) == [0, 0, 0, 0]
    assert len(sent) == rounds + 9 * many / AT_ONCE


def test_c8_a_run_whose_objects_cannot_be_deleted_is_tried_again_later_and_holds_up_no_other(airlock: Airlock) -> None:
    bad, good = purged(airlock, since=timedelta(days=1)), purged(airlock)
    delete = airlock.parts.store.delete_prefix

    def delete_unless_bad(prefix: str) -> None:
        if str(bad) in prefix:
            raise AccessDenied("delete", prefix)
        delete(prefix)

    with freeze_time(utcnow()) as clock:
        with mock.patch.object(airlock.parts.store, "delete_prefix", delete_unless_bad):
            assert forget(airlock) == 1
            assert forget(airlock) == 0
        assert [row.id for row in airlock.rows()] == [bad], good
        assert forget(airlock) == 0, "its turn has not come"
        clock.tick(timedelta(minutes=10))
        assert forget(airlock) == 1


def test_a_storage_that_denies_everything_only_puts_it_off(
    new_app: NewApp, sqlite_url: str, redis_url: str, s3_faults: S3Proxy
) -> None:
    airlock = Airlock(new_app(database_url=sqlite_url, redis_url=redis_url, storage_url=s3_faults.url))
    runs = [purged(airlock) for _ in range(2)]
    s3_faults.deny("GET", "DELETE", "POST ?delete")
    assert forget(airlock) == 0
    s3_faults.allow()
    for run in runs:
        airlock.swap(Execution, run, forget_at=utcnow())
    assert forget(airlock) == 2


def test_a_round_has_a_budget_of_time_and_what_it_did_not_reach_is_due_as_before(on_sqlite: Airlock) -> None:
    runs = [purged(on_sqlite) for _ in range(4)]
    with freeze_time(utcnow()) as clock:

        def hang(_prefix: str) -> None:
            clock.tick(timedelta(seconds=6))

        with mock.patch.object(on_sqlite.parts.store, "delete_prefix", hang):
            assert [tend(on_sqlite.parts, FORGETTING, seconds=10) for _ in range(3)] == [2, 2, 0]
    assert count(on_sqlite) == [0, 0, 0, 0], runs


def test_c10_many_at_once_forget_each_run_once(airlock: Airlock) -> None:
    crowd(airlock.parts.database, purged(airlock), 299)
    done, asked, together = list[int](), list[str](), threading.Barrier(4)

    def one() -> None:
        together.wait()
        while found := tend(airlock.parts, FORGETTING):
            done.append(found)

    threads = [threading.Thread(target=one) for _ in range(4)]
    with mock.patch.object(airlock.parts.store, "delete_prefix", asked.append):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (sum(done), len(asked), len(set(asked))) == (300, 300, 300)
    assert count(airlock) == [0, 0, 0, 0]


def test_a_delivery_that_is_asked_for_at_that_moment_keeps_its_run(airlock: Airlock) -> None:
    asked, other = purged(airlock), purged(airlock)
    (delivery,) = _deliveries(airlock, asked)

    def ask_for_it(_prefix: str) -> None:
        with airlock.parts.database.writing() as session:
            lifecycle.redeliver(session, delivery.id)

    with mock.patch.object(airlock.parts.store, "delete_prefix", ask_for_it):
        assert tend(airlock.parts, FORGETTING) == 1
    assert [row.id for row in airlock.rows()] == [asked], other
    assert [each.status for each in _deliveries(airlock, asked)] == ["PENDING"]


def test_a_row_that_something_refers_to_stays_and_holds_up_no_other(airlock: Airlock) -> None:
    """Somebody's own table, as a report may have one."""
    runs = [purged(airlock) for _ in range(5)]
    metadata = sa.MetaData()
    sa.Table("execution", metadata, sa.Column("id", sa.Uuid, primary_key=True))
    note = sa.Table("note", metadata, sa.Column("run", sa.ForeignKey("execution.id")))
    metadata.create_all(airlock.parts.database.engine)
    try:
        with airlock.parts.database.writing() as session:
            session.execute(note.insert().values(run=runs[2]))
        assert forget(airlock) == 4
        assert [row.id for row in airlock.rows()] == [runs[2]]
        assert count(airlock)[1] == 1, "its file, too, is still there"
    finally:
        note.drop(airlock.parts.database.engine)


def test_who_is_late_deletes_nothing_that_is_another_ones(on_sqlite: Airlock) -> None:
    """Its hold was over while the storage hung: another one may be at it, or it may be wanted again."""
    run = purged(on_sqlite)

    def be_overtaken(_prefix: str) -> None:
        on_sqlite.swap(Execution, run, forget_at=utcnow() + timedelta(minutes=20))

    with mock.patch.object(on_sqlite.parts.store, "delete_prefix", be_overtaken):
        assert tend(on_sqlite.parts, FORGETTING) == 0
    assert len(on_sqlite.rows()) == 1


def _deliveries(airlock: Airlock, run: UUID) -> list[Delivery]:
    with airlock.parts.database.reading() as session:
        return list(session.scalars(sa.select(Delivery).where(Delivery.execution_id == run)))
