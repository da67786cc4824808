"""What a pass costs: a few statements, each from a partial index, however many rows are stored."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.models import Execution
from deployment.reconcile import reconcile, rescue
from tests.airlock import Airlock
from tests.deployment.lifecycle.claiming import claim, make
from tests.deployment.reconcile.crowd import crowd, plan, statements

MANY = 10_000
SCANS = ("Seq Scan", "SCAN execution ", "SCAN execution_file ", "SCAN delivery ", "SCAN execution'", "SCAN delivery'")


@pytest.fixture
def crowded(airlock: Airlock) -> Airlock:
    """10,000 runs that ended long ago, each with a file, a log and a delivery, beside one that waits for a worker."""
    run = airlock.accept()
    airlock.work_here(run)
    airlock.accept()
    airlock.told(run, utcnow())
    with airlock.parts.database.writing() as session:
        session.execute(sa.update(Execution).values(cleanup_due_at=None))
    crowd(airlock.parts.database, run, MANY)
    return airlock


def test_an_idle_pass_asks_one_question_of_partial_indexes_however_much_is_stored(crowded: Airlock) -> None:
    rescue(crowded.parts)
    with statements(crowded.parts.database) as sent:
        assert rescue(crowded.parts) == {}
    assert len(sent) == 2, f"one question, and the note that it was asked: {sent}"
    with statements(crowded.parts.database) as sent:
        assert reconcile(crowded.parts) == {}
    assert len(sent) == 6, sent
    for statement, parameters in sent:
        if statement.startswith("SELECT"):
            how = plan(crowded.parts.database, statement, parameters)
            assert not [scan for scan in SCANS if scan in how], how


def test_files_that_wait_for_another_try_cost_a_pass_nothing_until_they_are_due(airlock: Airlock) -> None:
    for _ in range(5):
        ticket = claim(airlock, airlock.accept())
        assert ticket
        make(airlock, lifecycle.retry, ticket, "not now", limit=5, after=60)
    rescue(airlock.parts)
    with statements(airlock.parts.database) as sent:
        assert rescue(airlock.parts) == {}
    assert len(sent) == 2, f"one question, and the note that it was asked: {sent}"


def test_every_statement_on_postgres_has_a_time_limit(postgres_url: str, new_app: Any, redis_url: str) -> None:
    airlock = Airlock(new_app(database_url=postgres_url, redis_url=redis_url))
    with airlock.parts.database.reading() as session:
        limits = [session.scalar(sa.text(f"SHOW {name}")) for name in ("statement_timeout", "lock_timeout")]
    assert limits == ["15s", "10s"]
