"""What only an asynchronous guard meets: cancelling, at every await, and coroutines that do not end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from guards import AsyncGuard, Limits, Mark, NeverDispatched, Phase, pre_dispatch_guard
from guards.memory import MemoryLedger, State
from tests.guards.runs import Broken, Ground, outcome, raising
from tests.guards.subjects import Async

UNDONE = ["second", "first"]
Gate = Callable[[str], Awaitable[None]]


async def submit(ground: Ground, ledger: Any, gate: Gate) -> None:
    """A guarded coroutine that stops at a gate before, within and after each step."""

    async def create(token: str) -> Any:
        await gate("creating")
        return ground.create(token)

    async def enqueue() -> None:
        await gate("enqueueing")
        ground.enqueue(1)
        await gate("enqueued")

    async def undo(what: str) -> None:
        await gate(f"undoing {what}")
        ground.undone.append(what)

    async with pre_dispatch_guard(ledger) as guard:
        await guard.open(create, guard.token)
        guard.on_failure(undo, "first")
        guard.on_failure(undo, "second")
        await gate("staging")
        await guard.dispatch(enqueue)
        await gate("dispatched")


async def cancelled_at(ground: Ground, *places: str) -> asyncio.CancelledError | None:
    """Cancel the coroutine at each of `places`; what it ended with."""
    task: asyncio.Task[None]

    async def gate(place: str) -> None:
        if place in places:
            task.cancel(place)
        await asyncio.sleep(0)

    task = asyncio.create_task(submit(ground, ground.ledger, gate))
    try:
        await task
    except asyncio.CancelledError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("place", "state", "queue", "undone"),
    [
        ("staging", State.FAILED, [], UNDONE),
        ("enqueueing", State.FAILED, [], UNDONE),
        ("enqueued", State.FAILED, [1], UNDONE),
        ("dispatched", State.SEALED, [1], []),
    ],
)
def test_cancelling_takes_the_run_back_unless_it_is_dispatched(
    ground: Ground, place: str, state: State, queue: list[int], undone: list[str]
) -> None:
    error = asyncio.run(cancelled_at(ground, place))
    assert error is not None
    assert error.args == (place,)
    assert (ground.state, ground.queue, ground.undone) == (state, queue, undone)
    assert outcome(error).dispatched is (place == "dispatched")
    assert ground.work() == ([1] if place == "dispatched" else [])


def test_cancelling_while_the_row_is_made_leaves_no_row(ground: Ground) -> None:
    assert asyncio.run(cancelled_at(ground, "creating")) is not None
    assert (ground.ledger.rows, ground.undone) == ({}, [])


@pytest.mark.parametrize("again", ["undoing second", "undoing first"])
def test_undoing_is_shielded_from_being_cancelled_again(ground: Ground, again: str) -> None:
    error = asyncio.run(cancelled_at(ground, "staging", again))
    assert error is not None
    assert error.args == ("staging",)
    assert (ground.state, ground.undone) == (State.FAILED, UNDONE)
    assert outcome(error).undo_failures == ()


def test_cancelling_while_an_ordinary_failure_is_undone_is_put_off_and_not_lost(ground: Ground) -> None:
    async def main() -> BaseException | None:
        task: asyncio.Task[None]

        async def gate(place: str) -> None:
            if place == "staging":
                raise OSError("403")
            if place.startswith("undoing"):
                task.cancel(place)
            await asyncio.sleep(0)

        task = asyncio.create_task(submit(ground, ground.ledger, gate))
        await asyncio.wait((task,))
        assert task.cancelled()
        try:
            await task
        except asyncio.CancelledError as error:
            return error.__cause__
        return None

    cause = asyncio.run(main())
    assert isinstance(cause, OSError)
    assert (ground.state, ground.undone) == (State.FAILED, UNDONE)
    assert outcome(cause).mark is Mark.MADE


class Slow(MemoryLedger[int]):
    """A ledger that commits only when it is let go; `reached` says that a call is under way."""

    def __init__(self, *methods: str) -> None:
        super().__init__()
        self.methods, self.reached, self.let_go = methods, threading.Event(), threading.Event()

    def seal(self, run: int, token: str) -> bool:
        self._wait("seal")
        return super().seal(run, token)

    def mark_error(self, run: int, reason: str, token: str, *, sealed: bool) -> bool:
        self._wait("mark_error")
        return super().mark_error(run, reason, token, sealed=sealed)

    def _wait(self, method: str) -> None:
        if method in self.methods:
            self.reached.set()
            assert self.let_go.wait(10)


@pytest.mark.parametrize("method", ["seal", "mark_error"])
def test_cancelling_never_cuts_off_a_commit(ground: Ground, method: str) -> None:
    """The plain ledger runs in a thread: the loop goes on meanwhile, and the cancelling waits for the answer."""
    ledger = ground.ledger = Slow(method)

    async def gate(place: str) -> None:
        if place == "staging" and method == "mark_error":
            raise OSError("403")

    async def main() -> None:
        task = asyncio.create_task(submit(ground, ledger, gate))
        await asyncio.to_thread(ledger.reached.wait, 10)
        task.cancel()
        done, _ = await asyncio.wait((task,), timeout=0.02)
        assert not done
        ledger.let_go.set()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert (ground.state, ground.queue, ground.undone) == (State.FAILED, [], UNDONE)


def test_a_loop_that_is_closed_while_undoing_lets_it_end(ground: Ground) -> None:
    """At its end `asyncio.run` cancels every task, the one that undoes included."""

    async def main() -> None:
        undoing = asyncio.Event()

        async def gate(place: str) -> None:
            if place == "staging":
                raise OSError("403")
            if place.startswith("undoing"):
                undoing.set()
                await asyncio.sleep(0.01)

        asyncio.create_task(submit(ground, ground.ledger, gate))  # noqa: RUF006
        await undoing.wait()

    asyncio.run(main())
    assert (ground.state, ground.undone) == (State.FAILED, UNDONE)


def test_a_timeout_around_the_block_takes_the_run_back(ground: Ground) -> None:
    async def gate(place: str) -> None:
        await asyncio.sleep(60 if place == "staging" else 0)

    async def main() -> None:
        async with asyncio.timeout(0.01):
            await submit(ground, ground.ledger, gate)

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert (ground.state, ground.undone) == (State.FAILED, UNDONE)
    assert ground.row.reason == "CancelledError"


def test_a_failed_sibling_in_a_task_group_takes_the_run_back(ground: Ground) -> None:
    async def gate(place: str) -> None:
        await asyncio.sleep(60 if place == "staging" else 0)

    async def sibling() -> None:
        while not ground.ledger.rows:
            await asyncio.sleep(0)
        raise ValueError("sibling")

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(submit(ground, ground.ledger, gate))
            group.create_task(sibling())

    with pytest.raises(ExceptionGroup):
        asyncio.run(main())
    assert (ground.state, ground.undone) == (State.FAILED, UNDONE)


def test_an_asynchronous_ledger_is_awaited(ground: Ground) -> None:
    async def gate(place: str) -> None:
        await asyncio.sleep(0)

    asyncio.run(submit(ground, Async(ground.ledger), gate))
    assert (ground.state, ground.queue) == (State.SEALED, [1])


def test_plain_functions_run_in_the_loop_and_blocking_ones_in_a_thread(ground: Ground) -> None:
    threads: dict[str, int] = {}

    def plain(name: str) -> None:
        threads[name] = threading.get_ident()

    async def main() -> None:
        async with pre_dispatch_guard(ground.ledger) as guard:
            await guard.open(asyncio.to_thread, ground.create, guard.token)
            guard.on_failure(plain, "undo")
            guard.on_failure(asyncio.to_thread, plain, "undo in a thread")
            await guard.dispatch(failing, guard)

    async def failing(guard: AsyncGuard[int]) -> None:
        plain("loop")
        raise OSError

    with pytest.raises(OSError):
        asyncio.run(main())
    assert threads["undo"] == threads["loop"]
    assert threads["undo in a thread"] != threads["loop"]


def failing_with(guard_limits: Limits, ground: Ground, *undo: Callable[[], Coroutine[Any, Any, None]]) -> OSError:
    async def main() -> None:
        async with pre_dispatch_guard(ground.ledger, limits=guard_limits) as guard:
            await guard.open(ground.create, guard.token)
            guard.on_failure(ground.undone.append, "last")
            for action in undo:
                guard.on_failure(action)
            raise OSError

    with pytest.raises(OSError) as caught:
        asyncio.run(main())
    return caught.value


def test_an_undo_that_hangs_is_cancelled_at_its_limit_and_the_others_run(ground: Ground) -> None:
    seen: list[str] = []

    async def hang() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("cancelled" if ground.undone == [] else "too late")

    error = failing_with(Limits(undo_seconds=0.01), ground, hang)
    assert (seen, ground.undone) == (["cancelled"], ["last"])
    (failure,) = outcome(error).undo_failures
    assert failure.reason == "TimeoutError: not done after 0.01 s"


def test_an_undo_that_swallows_its_cancelling_is_left_alone(ground: Ground, monkeypatch: Any) -> None:
    monkeypatch.setattr("guards.awaiting.GRACE_SECONDS", 0.01)

    async def stubborn() -> None:
        ends = asyncio.get_running_loop().time() + 0.2
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            try:
                await asyncio.sleep(left)
            except asyncio.CancelledError:
                continue

    error = failing_with(Limits(undo_seconds=0.01), ground, stubborn)
    assert ground.undone == ["last"]
    assert outcome(error).undo_failures[0].reason.startswith("TimeoutError: ")


def test_an_exit_within_an_undo_is_put_off_until_everything_is_undone(ground: Ground) -> None:
    async def main() -> None:
        async with pre_dispatch_guard(ground.ledger) as guard:
            await guard.open(ground.create, guard.token)
            guard.on_failure(ground.undone.append, "last")
            guard.on_failure(raising(SystemExit(3)))
            raise OSError

    with pytest.raises(SystemExit) as caught:
        asyncio.run(main())
    assert isinstance(caught.value.__cause__, OSError)
    assert (ground.state, ground.undone) == (State.FAILED, ["last"])


def test_an_exit_out_of_the_ledgers_thread_is_settled_first(ground: Ground) -> None:
    ground.ledger = Broken("seal", after=True, error=SystemExit(3))

    async def gate(place: str) -> None:
        await asyncio.sleep(0)

    with pytest.raises(SystemExit):
        asyncio.run(submit(ground, ground.ledger, gate))
    assert (ground.state, ground.undone) == (State.FAILED, UNDONE)


def test_an_asynchronous_block_without_a_dispatch_is_settled_before_it_raises(ground: Ground) -> None:
    async def main() -> Any:
        guarded = pre_dispatch_guard(ground.ledger)
        guard = await guarded.__aenter__()
        await guard.open(ground.create, guard.token)
        with pytest.raises(NeverDispatched):
            await guard.end(None)
        return guard

    guard = asyncio.run(main())
    assert (guard.phase, ground.state) == (Phase.ENDED, State.FAILED)
    assert guard.outcome.reason.startswith("NeverDispatched: ")
