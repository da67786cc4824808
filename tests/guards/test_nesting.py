"""Guards within guards, the current guard, and errors that pass through several."""

from __future__ import annotations

import asyncio
import pickle
import threading
from dataclasses import dataclass

import pytest

from guards import (
    Guard,
    NoCurrentGuard,
    current_async_guard,
    current_guard,
    outcome_of,
    outcomes_of,
    pre_dispatch_guard,
)
from guards.memory import State
from tests.guards.runs import Ground, outcome, raising


def test_the_current_guard_is_the_innermost_that_has_not_ended(ground: Ground) -> None:
    with pre_dispatch_guard(ground.ledger) as outer:
        outer.open(ground.create, outer.token, 1)
        assert current_guard() is outer
        with pre_dispatch_guard(ground.ledger) as inner:
            assert current_guard() is inner
            inner.open(ground.create, inner.token, 2)
            inner.dispatch(ground.enqueue, 2)
        assert current_guard() is outer
        outer.dispatch(ground.enqueue, 1)
    with pytest.raises(NoCurrentGuard):
        current_guard()


def test_an_inner_failure_is_a_failed_step_of_the_outer_and_each_marks_its_own_row(ground: Ground) -> None:
    error = OSError("403")
    with pytest.raises(OSError), pre_dispatch_guard(ground.ledger) as outer:
        outer.open(ground.create, outer.token, 1)
        outer.on_failure(ground.undone.append, "outer")
        try:
            with pre_dispatch_guard(ground.ledger) as inner:
                inner.open(ground.create, inner.token, 2)
                inner.on_failure(ground.undone.append, "inner")
                raise error
        finally:
            assert outcome(error).run == 2
    assert [row.state for row in ground.ledger.rows.values()] == [State.FAILED, State.FAILED]
    assert ground.undone == ["inner", "outer"]
    assert outcome(error).run == 1
    assert [told.run for told in outcomes_of(error)] == [2, 1]


def test_what_an_inner_guard_has_dispatched_stays_dispatched_when_the_outer_fails(ground: Ground) -> None:
    with pytest.raises(OSError), pre_dispatch_guard(ground.ledger) as outer:
        outer.open(ground.create, outer.token, 1)
        with pre_dispatch_guard(ground.ledger) as inner:
            inner.open(ground.create, inner.token, 2)
            inner.on_failure(ground.undone.append, "inner")
            inner.dispatch(ground.enqueue, 2)
        raise OSError
    assert [ground.ledger.rows[run].state for run in (1, 2)] == [State.FAILED, State.SEALED]
    assert ground.undone == []


def test_an_outer_guard_without_a_row_lets_the_inner_outcome_through(ground: Ground) -> None:
    with pytest.raises(OSError) as caught, pre_dispatch_guard(ground.ledger):  # noqa: SIM117
        with pre_dispatch_guard(ground.ledger) as inner:
            inner.open(ground.create, inner.token)
            raise OSError
    assert outcome(caught.value).run == 1


def test_an_error_that_is_raised_again_and_again_tells_nothing_of_earlier_runs(ground: Ground) -> None:
    error = OSError("one instance for all")
    with pytest.raises(OSError), pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        raise error
    assert outcome(error).run == 1
    with pytest.raises(OSError), pre_dispatch_guard(ground.ledger) as guard:
        guard.open(raising(error))
    assert outcome_of(error) is None


def test_an_error_that_was_wrapped_in_the_block_tells_as_well(ground: Ground) -> None:
    with pytest.raises(RuntimeError) as caught, pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        try:
            guard.dispatch(raising(ConnectionError("queue away")))
        except ConnectionError as error:
            raise RuntimeError("wrapped") from error
    assert outcome(caught.value).reason == "ConnectionError: queue away"


@dataclass(frozen=True)
class Frozen(Exception):
    """An error that refuses to be written to."""

    code: int


def test_an_error_that_refuses_to_be_written_to_carries_its_outcome_and_notes(ground: Ground) -> None:
    error = Frozen(403)
    course = pre_dispatch_guard(ground.ledger)
    guard = course.__enter__()
    guard.open(ground.create, guard.token)
    guard.on_failure(raising(ValueError("no")))
    course.__exit__(Frozen, error, None)
    assert outcome(error).run == 1
    assert len(error.__notes__) == 1


def test_an_outcome_survives_pickling_with_its_error(ground: Ground) -> None:
    with pytest.raises(OSError) as caught, pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        guard.on_failure(raising(ValueError("no")))
        raise OSError("403")
    assert outcome(pickle.loads(pickle.dumps(caught.value))) == outcome(caught.value)


def test_each_thread_has_its_own_current_guard(ground: Ground) -> None:
    seen: list[Guard[int] | None] = []

    def look() -> None:
        try:
            seen.append(current_guard())
        except NoCurrentGuard:
            seen.append(None)

    with pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        guard.dispatch(ground.enqueue, 1)
    assert seen == [None]


def test_tasks_at_once_each_have_their_own_guard(ground: Ground) -> None:
    async def submit(run: int) -> bool:
        async with pre_dispatch_guard(ground.ledger) as guard:
            await guard.open(ground.create, guard.token, run)
            await asyncio.sleep(0)
            mine = current_async_guard() is guard
            await guard.dispatch(ground.enqueue, run)
            return mine

    async def all_at_once() -> list[bool]:
        return await asyncio.gather(*(submit(run) for run in range(20)))

    assert all(asyncio.run(all_at_once()))
    assert sorted(ground.queue) == list(range(20))


def test_a_task_that_outlives_the_block_does_not_see_its_guard(ground: Ground) -> None:
    async def main() -> bool:
        over = asyncio.Event()

        async def late() -> bool:
            await over.wait()
            try:
                current_async_guard()
            except NoCurrentGuard:
                return True
            return False

        async with pre_dispatch_guard(ground.ledger) as guard:
            await guard.open(ground.create, guard.token)
            task = asyncio.create_task(late())
            await asyncio.sleep(0)
            await guard.dispatch(ground.enqueue, 1)
        over.set()
        return await task

    assert asyncio.run(main())
