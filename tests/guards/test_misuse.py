"""Whoever uses a guard in a way that it is not made for gets a sentence, and the run comes to no harm."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import guards
from guards import (
    AlreadyDispatched,
    AlreadyEnded,
    AlreadyOpened,
    CannotAdopt,
    EnteredTwice,
    Guard,
    GuardMisuse,
    NeverDispatched,
    NoCurrentGuard,
    NoRunId,
    NotEntered,
    NotOpened,
    current_async_guard,
    current_guard,
    outcome_of,
    pre_dispatch_guard,
)
from guards.memory import State
from tests.guards.runs import Ground, Made, outcome, raising
from tests.guards.subjects import Async

USES: list[Callable[[Guard[int]], object]] = [
    lambda guard: guard.open(Made, 2),
    lambda guard: guard.adopt(2),
    lambda guard: guard.dispatch(lambda: None),
    lambda guard: guard.on_failure(lambda: None),
]


def test_a_guard_entered_twice_is_refused_and_the_first_entry_goes_on(ground: Ground) -> None:
    block = pre_dispatch_guard(ground.ledger)
    with block as guard:
        guard.open(ground.create, guard.token)
        with pytest.raises(EnteredTwice), block:
            pytest.fail("entered")
        guard.dispatch(ground.enqueue, 1)
    assert ground.queue == [1]
    with pytest.raises(EnteredTwice), block:
        pytest.fail("entered")


def test_a_guard_entered_plainly_cannot_be_entered_asynchronously(ground: Ground) -> None:
    async def enter() -> None:
        block = pre_dispatch_guard(ground.ledger)
        with pytest.raises(NeverDispatched), block:
            async with block:
                pytest.fail("entered")

    with pytest.raises(EnteredTwice):
        asyncio.run(enter())


@pytest.mark.parametrize("use", USES)
def test_a_guard_used_after_its_dispatch_says_so(ground: Ground, use: Callable[[Guard[int]], object]) -> None:
    with pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        guard.dispatch(ground.enqueue, 1)
        with pytest.raises(AlreadyDispatched):
            use(guard)
    assert (ground.state, ground.queue) == (State.SEALED, [1])


@pytest.mark.parametrize("use", USES)
def test_a_guard_used_after_its_end_says_so(ground: Ground, use: Callable[[Guard[int]], object]) -> None:
    with pytest.raises(OSError), pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        raise OSError
    with pytest.raises(AlreadyEnded):
        use(guard)


@pytest.mark.parametrize("use", USES)
def test_an_undo_action_cannot_use_the_guard_that_runs_it(ground: Ground, use: Callable[[Guard[int]], object]) -> None:
    with pytest.raises(OSError) as caught, pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        guard.on_failure(use, guard)
        raise OSError
    (failure,) = outcome(caught.value).undo_failures
    assert failure.reason.startswith("AlreadyEnded: ")


def test_an_asynchronous_guard_opens_and_adopts_one_row(ground: Ground) -> None:
    async def submit(second: str) -> None:
        async with pre_dispatch_guard(ground.ledger) as guard:
            await guard.open(ground.create, guard.token)
            await (guard.adopt(2) if second == "adopt" else guard.open(Made, 2))

    for second in ("open", "adopt"):
        ground.ledger.rows.clear()
        with pytest.raises(AlreadyOpened):
            asyncio.run(submit(second))
        assert ground.state is State.FAILED


@pytest.mark.parametrize(("opens", "misuse"), [(False, NotOpened), (True, AlreadyDispatched)])
def test_an_asynchronous_guard_dispatches_one_row_once(ground: Ground, opens: bool, misuse: type[GuardMisuse]) -> None:
    async def submit() -> None:
        async with pre_dispatch_guard(ground.ledger) as guard:
            if opens:
                await guard.open(ground.create, guard.token)
                await guard.dispatch(ground.enqueue, 1)
            await guard.dispatch(ground.enqueue, 1)

    with pytest.raises(misuse):
        asyncio.run(submit())
    assert ground.queue == ([1] if opens else [])


def test_a_failure_before_the_queue_is_no_refusal_of_the_queue(ground: Ground) -> None:
    with pytest.raises(OSError) as caught, pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        raise OSError
    assert outcome(caught.value).refused is False


def test_a_ledger_that_cannot_adopt_is_told(ground: Ground) -> None:
    with pytest.raises(CannotAdopt, match="AdoptingLedger"), pre_dispatch_guard(Async(ground.ledger)) as guard:
        guard.adopt(1)


def test_a_second_open_is_a_failed_step(ground: Ground) -> None:
    with pytest.raises(AlreadyOpened), pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        guard.open(ground.create, guard.token, 2)
    assert list(ground.ledger.rows) == [1]
    assert ground.state is State.FAILED


def test_an_open_that_raised_may_be_tried_again(ground: Ground) -> None:
    with pre_dispatch_guard(ground.ledger) as guard:
        with pytest.raises(ConnectionError):
            guard.open(raising(ConnectionError("serialization failure")))
        guard.open(ground.create, guard.token)
        guard.dispatch(ground.enqueue, 1)
    assert (ground.state, ground.queue) == (State.SEALED, [1])


def test_a_dispatch_without_a_row_enqueues_nothing(ground: Ground) -> None:
    with pytest.raises(NotOpened), pre_dispatch_guard(ground.ledger) as guard:
        guard.dispatch(ground.enqueue, 1)
    assert ground.queue == []


def test_a_dispatch_within_the_dispatch_is_refused(ground: Ground) -> None:
    with pytest.raises(AlreadyDispatched), pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        guard.dispatch(guard.dispatch, ground.enqueue, 1)
    assert (ground.state, ground.queue) == (State.FAILED, [])


def test_a_failed_dispatch_that_is_swallowed_does_not_pass_for_one(ground: Ground) -> None:
    with pytest.raises(NeverDispatched) as caught, pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        with pytest.raises(ConnectionError):
            guard.dispatch(raising(ConnectionError("queue away")))
    assert outcome(caught.value).reason == "ConnectionError: queue away"
    assert ground.state is State.FAILED


def test_a_block_that_opens_nothing_is_told_that_it_dispatched_nothing(ground: Ground) -> None:
    with pytest.raises(NeverDispatched) as caught, pre_dispatch_guard(ground.ledger):
        pass
    assert outcome_of(caught.value) is None


@pytest.mark.parametrize("row", [object(), None, Made(None)])  # type: ignore[arg-type]
def test_a_row_without_an_id_is_told(ground: Ground, row: object) -> None:
    with pytest.raises(NoRunId, match="run_id="), pre_dispatch_guard(ground.ledger) as guard:
        guard.open(lambda: row)


def test_the_id_is_told_by_run_id_where_the_row_has_another_name_for_it(ground: Ground) -> None:
    def create(token: str) -> dict[str, int]:
        ground.create(token)
        return {"number": 1}

    with pre_dispatch_guard(ground.ledger, run_id=lambda row: row["number"]) as guard:
        assert guard.open(create, guard.token) == {"number": 1}
        guard.dispatch(ground.enqueue, 1)
    assert ground.state is State.SEALED


def test_a_block_left_without_being_entered_says_so(ground: Ground) -> None:
    block = pre_dispatch_guard(ground.ledger)
    with pytest.raises(NotEntered):
        block.__exit__(None, None, None)
    with pytest.raises(NotEntered):
        asyncio.run(block.__aexit__(None, None, None))


@pytest.mark.parametrize("ask", [current_guard, current_async_guard])
def test_without_a_guard_there_is_no_current_one(ask: Callable[[], object]) -> None:
    with pytest.raises(NoCurrentGuard):
        ask()


def test_every_error_of_the_library_has_a_sentence() -> None:
    errors = [value for value in vars(guards).values() if _is_error(value)]
    assert len(errors) > 10
    for kind in errors:
        assert str(kind("More.")).endswith((". More.", ": More.", "` More.")) or str(kind()).count(" ") > 4


def _is_error(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, GuardMisuse | guards.GuardError)
