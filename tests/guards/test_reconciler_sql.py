"""The reconciler's SQL in `docs/guard.md` ends, on both databases, every run whose owner has died, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from guards import pre_dispatch_guard
from guards.sql import own_engine
from tests.guards.sql_runs import LATER, LEASE, NOW, SQL, TO_CLEAN, TOKEN, Runs

RACERS = 8


@pytest.fixture
def runs(bare_database_url: str) -> Iterator[Runs]:
    engine = own_engine(bare_database_url)
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
