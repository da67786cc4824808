"""A million runs that have ended cost an idle pass nothing: the same statements, from partial indexes, in no more time.

    .venv/bin/python -m pytest -m proof -s tests/deployment/reconcile/test_million.py

It takes minutes, and prints what it measured.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import pytest
import sqlalchemy as sa

from deployment.clock import utcnow
from deployment.forgetting import AT_ONCE
from deployment.models import Execution, LogLine
from deployment.reconcile import CHORES, reconcile, rescue, tend
from tests.airlock import Airlock
from tests.deployment.reconcile.crowd import crowd, plan, statements

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]
FEW, MANY, OVERDUE = 10, 1_000_000, 10_000
TIMES = 50
Answer = TypeVar("Answer")
INDEXES = {
    "live runs": ("ix_execution_overdue|ix_execution_slots", "ix_execution_file_overdue"),
    "cleanups": ("ix_execution_cleanup",),
    "expired results": ("ix_execution_expiry",),
    "deliveries": ("ix_delivery_due",),
    "runs to forget": ("ix_execution_forgetting",),
}
"""What each question of an idle pass and its chores is answered from, in their order; the first asks for files, too."""


@dataclass(frozen=True)
class Cost:
    """Statements, and milliseconds of so many tries: the fastest, which the machine's other work disturbs least."""

    statements: int
    fastest: float
    median: float

    def __str__(self) -> str:
        return f"{self.statements} statements, {self.fastest:.1f} ms (median {self.median:.1f})"


def test_a_million_stored_runs_cost_an_idle_pass_what_ten_cost(airlock: Airlock) -> None:
    run, kind = told(airlock), airlock.parts.database.engine.dialect.name
    crowd(airlock.parts.database, run, FEW - 1)
    few = measured(airlock)
    crowd(airlock.parts.database, run, MANY - FEW)
    let_the_database_settle(airlock)
    many = measured(airlock)
    for name, before, after in zip(("a pass", "a pass and all chores"), few, many, strict=True):
        print(f"{kind:10} {name:22} {FEW:,} rows {before}   {MANY:,} rows {after}")
        assert before.statements == after.statements
        assert after.fastest < 2 * before.fastest + 2
    for name, how in zip(INDEXES, plans(airlock), strict=True):
        print(f"{kind:10} {name:22} {' and '.join(INDEXES[name])}")
        assert all(re.search(index, how) for index in INDEXES[name]), how
    forgets_some_of_them(airlock, kind)


def let_the_database_settle(airlock: Airlock) -> None:
    """What it does after a million inserts is not what a pass costs."""
    engine = airlock.parts.database.engine
    words = {
        "sqlite": ["PRAGMA wal_checkpoint(TRUNCATE)"],
        "postgresql": ["SET statement_timeout = 0", "VACUUM", "CHECKPOINT"],
    }
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for word in words[engine.dialect.name]:
            connection.exec_driver_sql(word)
    engine.dispose()


def forgets_some_of_them(airlock: Airlock, kind: str) -> None:
    """As many as become due at once are forgotten in batches, each within a moment."""
    some = sa.select(Execution.id).limit(OVERDUE).scalar_subquery()
    with airlock.parts.database.writing() as session:
        session.execute(sa.update(Execution).where(Execution.id.in_(some)).values(forget_at=utcnow()))
    forgetting, done = CHORES[-1], 0
    rounds: list[float] = []
    while found := timed(lambda: tend(airlock.parts, forgetting), rounds):
        done += found
    assert done == OVERDUE
    worst = max(rounds) / 2  # a round is two batches
    print(f"{kind:10} {OVERDUE:,} forgotten in {sum(rounds):.1f} s; {AT_ONCE} runs in {worst * 1000:.0f} ms at most")
    assert worst < 2


def told(airlock: Airlock) -> UUID:
    """A run that was purged, told to its webhook, and is remembered for a while yet."""
    run, then = airlock.accept(), utcnow() - timedelta(days=8)
    airlock.work()
    gone = {"expires_at": then, "purged_at": then, "cleanup_due_at": None}
    airlock.told(run, then)
    airlock.swap(Execution, run, **gone, forget_at=utcnow() + timedelta(days=20))
    with airlock.parts.database.writing() as session:
        session.execute(sa.delete(LogLine).where(LogLine.message != "Succeeded"))
    return run


def measured(airlock: Airlock) -> list[Cost]:
    """What an idle pass costs, and one with all chores."""
    return [cost(airlock, act) for act in (rescue, reconcile)]


def cost(airlock: Airlock, act: Callable[..., object]) -> Cost:
    act(airlock.parts)  # writes down what was counted until now
    with statements(airlock.parts.database) as sent:
        assert not act(airlock.parts)
    seconds: list[float] = []
    for _ in range(TIMES):
        timed(lambda: act(airlock.parts), seconds)
    return Cost(len(sent), min(seconds) * 1000, statistics.median(seconds) * 1000)


def timed(act: Callable[[], Answer], seconds: list[float]) -> Answer:
    began = time.perf_counter()
    answer = act()
    seconds.append(time.perf_counter() - began)
    return answer


def plans(airlock: Airlock) -> Iterator[str]:
    with statements(airlock.parts.database) as sent:
        reconcile(airlock.parts)
    for statement, parameters in sent:
        if statement.startswith("SELECT"):
            yield plan(airlock.parts.database, statement, parameters)
