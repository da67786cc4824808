"""Usage: one row for each run that came to the workers, written by the transaction that ends it, and there to stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from freezegun import freeze_time

from deployment.clock import utcnow
from deployment.models import Execution, ExecutionFile, ExecutionStatus, Usage
from deployment.reconcile import reconcile
from deployment.stop import stop
from deployment.usage import By, record_usage, usage_of
from tests.airlock import HELLO, Airlock
from tests.deployment.lifecycle.claiming import claim
from tests.deployment.reconcile.crowd import crowd, plan, statements

MANY = 10_000


def counted(airlock: Airlock) -> list[Usage]:
    with airlock.parts.database.reading() as session:
        return list(session.scalars(sa.select(Usage)))


def worked(airlock: Airlock) -> UUID:
    run = airlock.accept()
    airlock.work_here(run)
    return run


def stopped(airlock: Airlock) -> UUID:
    run = airlock.accept()
    stop(airlock.parts, run, by="test")
    return run


def overdue(airlock: Airlock) -> UUID:
    run, past = airlock.accept(), utcnow() - timedelta(minutes=1)
    airlock.swap(Execution, run, deadline_at=past, lease_expires_at=past)
    reconcile(airlock.parts)
    return run


@pytest.mark.parametrize("ended", [worked, stopped, overdue])
def test_whoever_ends_a_run_counts_it(airlock: Airlock, ended: Callable[[Airlock], UUID]) -> None:
    run = ended(airlock)
    (usage,) = counted(airlock)
    row = airlock.stored(run)
    assert (usage.execution_id, usage.status, usage.files, usage.bytes) == (run, row.status, 1, len(HELLO[1]))
    assert (usage.deployment_id, usage.api_key_id) == (row.deployment_id, row.api_key_id)


def test_what_is_counted_again_changes_nothing(airlock: Airlock) -> None:
    run = worked(airlock)
    before = [usage.pages for usage in counted(airlock)]
    with airlock.parts.database.writing() as session:
        record_usage(session, run, ExecutionStatus.ERROR)
    assert [(usage.pages, usage.status) for usage in counted(airlock)] == [(*before, "COMPLETED")]


def test_it_is_one_statement_of_the_transaction_that_ends_a_run(airlock: Airlock) -> None:
    run = airlock.accept([HELLO] * 3)
    with statements(airlock.parts.database) as sent:
        stop(airlock.parts, run, by="test")
    assert len([statement for statement, _ in sent if "usage" in statement]) == 1


def test_seconds_are_those_between_the_claim_of_each_file_and_its_end(airlock: Airlock) -> None:
    run = airlock.accept([HELLO] * 3)
    assert claim(airlock, run)
    first, second, _ = airlock.stored(run).files
    now = utcnow()
    airlock.swap(ExecutionFile, first.id, started_at=now - timedelta(days=1, seconds=90, milliseconds=250))
    airlock.swap(ExecutionFile, second.id, started_at=now - timedelta(milliseconds=500))
    with freeze_time(now):
        stop(airlock.parts, run, by="test")
    (usage,) = counted(airlock)
    assert usage.seconds == pytest.approx(86_490.75, abs=0.002)


@pytest.mark.parametrize("hour", [0, 23])
def test_the_day_is_the_one_in_utc(airlock: Airlock, hour: int) -> None:
    run = airlock.accept()
    airlock.swap(Execution, run, created_at=datetime(2026, 1, 31, hour, 59, 59, 999_999, tzinfo=UTC))
    stop(airlock.parts, run, by="test")
    assert [usage.day for usage in counted(airlock)] == [date(2026, 1, 31)]


def test_pages_that_come_from_the_file_history_count_too(airlock: Airlock) -> None:
    for _ in range(2):
        run = airlock.accept(use_file_history="true")
        airlock.work_here(run)
    assert airlock.stored(run).files[0].from_history
    assert [usage.pages for usage in counted(airlock)] == [1, 1]


def test_it_stays_when_the_run_is_forgotten(airlock: Airlock) -> None:
    run = worked(airlock)
    with freeze_time(utcnow() + airlock.parts.policy.result_ttl + airlock.parts.policy.history_ttl):
        for _ in range(3):
            reconcile(airlock.parts)
    with airlock.parts.database.reading() as session:
        assert session.get(Execution, run) is None
    assert [usage.execution_id for usage in counted(airlock)] == [run]


def test_sums_are_made_of_the_days_that_are_asked_for(airlock: Airlock) -> None:
    """Not of all that was ever counted."""
    run, database = worked(airlock), airlock.parts.database
    organization = airlock.stored(run).organization_id
    crowd(database, run, MANY, apart=3600)
    today = utcnow().date()
    with database.reading() as session, statements(database) as sent:
        rows = usage_of(session, organization, None, today - timedelta(days=3), today - timedelta(days=2), [By.DAY])
    assert [row["executions"] for row in rows] == [24, 24]
    ((statement, parameters),) = sent
    assert "ix_usage_by_day" in plan(database, statement, parameters)
