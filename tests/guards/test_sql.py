"""The guard on real databases, with the faults that they have: locks, lost answers, no connection left."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from guards import Guard, Mark, pre_dispatch_guard
from guards.sql import SqlLedger, own_engine
from tests.guards.runs import outcome
from tests.guards.subjects import InSql, jobs_ledger
from tests.servers.tcp_proxy import TcpProxy

OPEN, SEALED, FAILED = 0, 1, 3


@pytest.fixture
def world(bare_database_url: str) -> Iterator[InSql]:
    engine = own_engine(bare_database_url)
    yield InSql(engine)
    engine.dispose()


def opened(world: InSql, guard: Guard[Any]) -> int:
    def create() -> int:
        return world.make(guard.token)

    return guard.open(create)


def guarded(ledger: SqlLedger[int]) -> Any:
    return pre_dispatch_guard(ledger, run_id=lambda run: run)


def test_a_run_goes_from_its_row_to_the_queue(world: InSql) -> None:
    queue: list[int] = []
    with guarded(world.ledger) as guard:
        run = opened(world, guard)
        guard.dispatch(queue.append, run)
    assert (world.read(run).status, queue) == (SEALED, [run])


def test_a_failed_step_is_stored_with_its_whole_reason(world: InSql) -> None:
    with pytest.raises(OSError), guarded(world.ledger) as guard:
        run = opened(world, guard)
        raise OSError("nul \x00, surrogate \ud800, " + "x" * 100_000)
    seen = world.read(run)
    assert seen.status == FAILED
    assert seen.reason == "OSError: nul \\x00, surrogate \\ud800, " + "x" * 100_000


def test_more_columns_are_written_with_the_move(world: InSql) -> None:
    leases: list[int | None] = []
    ledger = jobs_ledger(world.engine, world.table, on_seal=lambda: {"lease": 30}, on_error=lambda: {"lease": None})
    with pytest.raises(OSError), guarded(ledger) as guard:
        run = opened(world, guard)
        guard.dispatch(lambda: leases.append(lease(world, run)))
        raise OSError
    assert leases == [30]
    with pytest.raises(OSError), guarded(ledger) as guard:
        failed = opened(world, guard)
        raise OSError
    assert lease(world, failed) is None


def lease(world: InSql, run: int) -> int | None:
    with world.engine.connect() as connection:
        found = connection.scalar(sa.select(world.table.c.lease).where(world.table.c.number == run))
    return None if found is None else int(found)


def test_the_mark_is_made_though_the_requests_session_is_poisoned_and_its_pool_empty(
    world: InSql, bare_database_url: str
) -> None:
    engine = sa.create_engine(bare_database_url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    with Session(engine) as session, pytest.raises(sa.exc.DBAPIError), guarded(world.ledger) as guard:
        run = opened(world, guard)
        session.execute(sa.text("SELECT nonsense FROM nowhere"))
    assert world.read(run).status == FAILED
    engine.dispose()


def test_a_row_that_is_locked_is_waited_for_no_longer_than_the_limit(world: InSql) -> None:
    """The lock is held by the request itself, so that waiting for it would be for ever."""
    ledger = jobs_ledger(world.engine, world.table, lock_seconds=0.1)
    run = world.make("")
    undone: list[str] = []
    with world.engine.connect() as holder:
        with pytest.raises(OSError) as caught, guarded(ledger) as guard:
            guard.adopt(run)
            guard.on_failure(undone.append, "files")
            holder.execute(sa.update(world.table).values(why="locked by the request"))
            begun = time.monotonic()
            raise OSError("403")
        took = time.monotonic() - begun
        holder.rollback()
    assert took < 3
    assert (outcome(caught.value).mark, undone) == (Mark.FAILED, ["files"])
    assert world.read(run).status == OPEN


def test_a_limit_of_the_ledger_leaves_no_trace_on_the_connection(world: InSql) -> None:
    if world.engine.dialect.name != "postgresql":
        pytest.skip("SQLite keeps its own limit")
    with guarded(world.ledger) as guard:
        guard.dispatch(print, opened(world, guard))
    with world.engine.connect() as connection:
        assert connection.scalar(sa.text("SHOW lock_timeout")) == "0"


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="no second connection"):
        own_engine("sqlite://")


@pytest.fixture
def behind_proxy(postgres_proxy: TcpProxy) -> Iterator[tuple[InSql, SqlLedger[int]]]:
    """The world goes past the proxy, the guard's ledger through it."""
    past, through = own_engine(postgres_proxy.target), own_engine(postgres_proxy.url)
    world = InSql(past)
    with through.connect():
        yield world, jobs_ledger(through, world.table)
    past.dispose()
    through.dispose()


def test_a_seal_whose_commit_was_not_answered_is_found_and_enqueued(
    behind_proxy: tuple[InSql, SqlLedger[int]], postgres_proxy: TcpProxy
) -> None:
    world, ledger = behind_proxy
    queue: list[int] = []
    with guarded(ledger) as guard:
        run = opened(world, guard)
        trap = postgres_proxy.lose_reply(b"COMMIT")
        guard.dispatch(queue.append, run)
    assert trap.sprung
    assert (world.read(run).status, queue, guard.outcome) == (SEALED, [run], None)


@pytest.mark.parametrize("lost", ["lose_request", "lose_reply"])
def test_a_mark_whose_commit_was_lost_is_made_again_and_is_ours(
    behind_proxy: tuple[InSql, SqlLedger[int]], postgres_proxy: TcpProxy, lost: str
) -> None:
    world, ledger = behind_proxy
    with pytest.raises(OSError) as caught, guarded(ledger) as guard:
        run = opened(world, guard)
        trap = getattr(postgres_proxy, lost)(b"COMMIT")
        raise OSError("403")
    assert trap.sprung
    assert (world.read(run).status, world.read(run).reason) == (FAILED, "OSError: 403")
    assert outcome(caught.value).mark is Mark.MADE


def test_while_the_database_is_away_everything_is_undone_and_the_row_stays_for_a_reconciler(
    behind_proxy: tuple[InSql, SqlLedger[int]], postgres_proxy: TcpProxy
) -> None:
    world, ledger = behind_proxy
    undone: list[str] = []
    with pytest.raises(OSError) as caught, guarded(ledger) as guard:
        run = opened(world, guard)
        guard.on_failure(undone.append, "files")
        postgres_proxy.refuse()
        raise OSError("403")
    assert (outcome(caught.value).mark, undone) == (Mark.FAILED, ["files"])
    assert world.read(run).status == OPEN


def test_when_the_database_goes_away_while_sealing_nobody_lies(
    behind_proxy: tuple[InSql, SqlLedger[int]], postgres_proxy: TcpProxy
) -> None:
    world, ledger = behind_proxy
    undone: list[str] = []
    with pytest.raises(sa.exc.OperationalError) as caught, guarded(ledger) as guard:
        run = opened(world, guard)
        guard.on_failure(undone.append, "files")
        postgres_proxy.refuse()
        guard.dispatch(print, run)
    assert outcome(caught.value).unknown
    assert undone == []
    assert world.read(run).status == OPEN
