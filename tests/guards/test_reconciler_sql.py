"""The reconciler's SQL in `docs/guard.md` ends, on both databases, every run whose owner has died, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from guards import pre_dispatch_guard
from guards.sql import SqlLedger, own_engine
from tests.guards.document import statements

SQL = statements()
ABANDONED = "the request died before the seal, or could not mark its failure"
LOST = "the worker died for the last time"
HAND_BACK = "the worker died: hand the run back, overdue, and not the guard's any more"
ENQUEUE = "the job got lost, or waits: enqueue each of these under a new job id; copies die at the claim"
TO_CLEAN = "delete what these have staged, then say so"
NOW, LEASE, RACERS = 1_000, 30, 8
LATER = NOW + LEASE + 1
TOKEN = "0123456789abcdef" * 2


class Runs:
    """The table of the document, and its statements."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.run(SQL["the table"])
        self.table = sa.Table("runs", sa.MetaData(), autoload_with=engine)
        self.ledger: SqlLedger[str] = SqlLedger(
            engine, self.table, on_seal=lambda: {"lease_until": NOW + LEASE}, on_error=lambda: {"lease_until": None}
        )

    def run(self, statement: str, **values: Any) -> Any:
        with self.engine.begin() as connection:
            result = connection.execute(sa.text(statement), values)
            return result.all() if result.returns_rows else result.rowcount

    def make(self, status: str, run: str = "r1", **values: Any) -> str:
        row = {
            "id": run,
            "status": status,
            "guard_token": TOKEN,
            "lease_until": NOW + LEASE,
            "cleaned": False,
            **values,
        }
        with self.engine.begin() as connection:
            connection.execute(sa.insert(self.table).values(row))
        return run

    def row(self, run: str = "r1") -> Any:
        return self.run("SELECT * FROM runs WHERE id = :id", id=run)[0]

    def claim(self, run: str = "r1", now: int = NOW) -> int | None:
        claimed = self.run(SQL["claim"], id=run, now=now)
        return claimed[0].attempt if claimed else None

    def reconcile(self, now: int) -> list[str]:
        """One pass, as the document says; the runs that it enqueues."""
        for name in (ABANDONED, LOST, HAND_BACK):
            self.run(SQL[name], now=now)
        return [row.id for row in self.run(SQL[ENQUEUE], now=now)]


@pytest.fixture
def runs(database_url: str) -> Iterator[Runs]:
    engine = own_engine(database_url)
    yield Runs(engine)
    engine.dispose()


@pytest.mark.parametrize("status", ["PENDING", "QUEUED", "EXECUTING"])
def test_a_run_whose_owner_is_alive_is_left_alone(runs: Runs, status: str) -> None:
    runs.make(status)
    before = runs.row()
    assert runs.reconcile(NOW + LEASE) == []
    assert runs.row() == before


def test_a_request_that_died_before_the_seal_leaves_an_error_to_clean_up(runs: Runs) -> None:
    runs.make("PENDING")
    assert runs.reconcile(LATER) == []
    assert (runs.row().status, runs.row().error) == ("ERROR", "abandoned before its dispatch")
    assert [row.id for row in runs.run(SQL[TO_CLEAN])] == ["r1"]
    runs.run(SQL["cleaned"], id="r1")
    assert runs.run(SQL[TO_CLEAN]) == []


def test_a_request_that_was_only_slow_learns_at_its_seal_that_it_was_given_up(runs: Runs) -> None:
    runs.make("PENDING")
    runs.reconcile(LATER)
    assert runs.ledger.seal("r1", TOKEN) is False
    assert runs.ledger.mark_error("r1", "OSError: 403", TOKEN, sealed=False) is False


def test_a_request_that_died_after_the_seal_is_enqueued_and_its_copies_die_at_the_claim(runs: Runs) -> None:
    runs.make("QUEUED")
    assert runs.reconcile(LATER) == ["r1"]
    assert runs.reconcile(LATER) == []
    assert [runs.claim(now=LATER), runs.claim(now=LATER)] == [1, None]


def test_a_dead_workers_run_is_run_again_and_what_the_dead_one_still_writes_bounces(runs: Runs) -> None:
    runs.make("QUEUED")
    first = runs.claim()
    assert runs.reconcile(LATER) == ["r1"]
    assert runs.run(SQL["finish"], id="r1", attempt=first) == 0
    second = runs.claim(now=LATER)
    assert (first, second) == (1, 2)
    assert [runs.run(SQL["finish"], id="r1", attempt=attempt) for attempt in (first, second)] == [0, 1]
    assert (runs.row().status, runs.row().lease_until) == ("COMPLETED", None)


def test_a_late_request_cannot_fail_a_run_that_a_worker_has_had(runs: Runs) -> None:
    """It is sealed again, but no longer the guard's: the statement has taken the token away."""
    runs.make("QUEUED")
    runs.claim()
    runs.reconcile(LATER)
    assert runs.row().status == "QUEUED"
    assert runs.ledger.mark_error("r1", "TimeoutError", TOKEN, sealed=True) is False
    assert runs.claim(now=LATER) == 2


def test_a_run_that_loses_worker_after_worker_ends_as_an_error(runs: Runs) -> None:
    runs.make("QUEUED")
    now = NOW
    for attempt in (1, 2, 3):
        assert runs.claim(now=now) == attempt
        now += LEASE + 1
        assert runs.reconcile(now) == (["r1"] if attempt < 3 else [])
    assert (runs.row().status, runs.row().error) == ("ERROR", "worker lost")


@pytest.mark.parametrize("status", ["COMPLETED", "ERROR", "STOPPED"])
def test_what_is_over_stays_as_it_is(runs: Runs, status: str) -> None:
    runs.make(status, lease_until=None)
    before = runs.row()
    assert (runs.reconcile(LATER), runs.claim()) == ([], None)
    assert runs.row() == before


def test_many_reconcilers_at_once_enqueue_each_run_once(runs: Runs) -> None:
    names = [runs.make("QUEUED", run=f"r{number}") for number in range(20)]
    with ThreadPoolExecutor(RACERS) as pool:
        enqueued = [name for found in pool.map(runs.reconcile, [LATER] * RACERS) for name in found]
    assert sorted(enqueued) == sorted(names)


@pytest.mark.parametrize(
    ("status", "lease"), [("PENDING", None), ("QUEUED", None), ("EXECUTING", None), ("ERROR", NOW), ("STOPPED", NOW)]
)
def test_a_state_without_a_deadline_cannot_be_stored(runs: Runs, status: str, lease: int | None) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        runs.make(status, lease_until=lease)


@pytest.mark.parametrize("sealed", [False, True], ids=["before_the_seal", "after_it"])
def test_a_guard_that_was_killed_leaves_a_run_that_reaches_its_end(runs: Runs, sealed: bool) -> None:
    def create(token: str) -> str:
        return runs.make("PENDING", guard_token=token)

    guard = pre_dispatch_guard(runs.ledger, run_id=str).__enter__()  # and never left
    guard.open(create, guard.token)
    if sealed:
        runs.ledger.seal("r1", guard.token)
    assert [runs.claim(run) for run in runs.reconcile(LATER)] == ([1] if sealed else [])
    assert runs.row().status == ("EXECUTING" if sealed else "ERROR")
