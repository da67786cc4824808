"""Guarded generators: around the body until it has dispatched, closed then, and never seen by the consumer."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest

from guards import (
    NeverDispatched,
    NoCurrentGuard,
    Outcome,
    current_async_guard,
    current_guard,
    outcome_of,
    pre_dispatch_guard,
)
from guards.memory import State
from tests.guards.runs import Ground

Items = Generator[Any, Any, Any]


def told(outcome: Outcome) -> str:
    return f"failed: {outcome.reason}"


def decorated(ground: Ground, on_error: Any) -> Any:
    if on_error is None:
        return pre_dispatch_guard(ground.ledger)
    return pre_dispatch_guard(ground.ledger, on_error=on_error)


def stream(ground: Ground, on_error: Any = None, dispatches: bool = True) -> Items:
    """Yields while it stages, dispatches, and yields afterwards; it takes what is sent, and can be thrown into."""

    def body() -> Items:
        guard = current_guard()
        guard.open(ground.create, guard.token)
        guard.on_failure(ground.undone.append, "files")
        try:
            sent = yield "staging"
        except KeyError:
            sent = "caught"
        if sent == "fail":
            raise OSError("403")
        if dispatches:
            guard.dispatch(ground.enqueue, 1)
        more = yield ("dispatched", sent)
        if more == "fail":
            raise OSError("after")
        return "end"

    return decorated(ground, on_error)(body)()  # type: ignore[no-any-return]


def test_nothing_happens_before_the_first_item_is_asked_for(ground: Ground) -> None:
    stream(ground).close()
    assert ground.ledger.rows == {}


def test_what_is_sent_and_thrown_reaches_the_body_before_and_after_the_dispatch(ground: Ground) -> None:
    items = stream(ground)
    assert next(items) == "staging"
    assert items.throw(KeyError()) == ("dispatched", "caught")
    with pytest.raises(StopIteration) as end:
        items.send("more")
    assert end.value.value == "end"
    assert (ground.state, ground.queue, ground.undone) == (State.SEALED, [1], [])


def test_the_guard_is_closed_when_the_dispatch_is_done_not_when_the_body_is_consumed(ground: Ground) -> None:
    items = stream(ground)
    next(items)
    items.send("go")
    items.close()
    assert (ground.state, ground.undone) == (State.SEALED, [])


def test_a_failure_after_the_dispatch_touches_nothing(ground: Ground) -> None:
    items = stream(ground, told)
    next(items)
    items.send("go")
    with pytest.raises(OSError, match="after"):
        items.send("fail")
    assert (ground.state, ground.undone) == (State.SEALED, [])


def test_a_consumer_that_closes_before_the_dispatch_takes_the_run_back(ground: Ground) -> None:
    items = stream(ground)
    next(items)
    items.close()
    assert (ground.state, ground.row.reason, ground.undone) == (State.FAILED, "GeneratorExit", ["files"])


def test_a_consumer_that_forgets_the_generator_takes_the_run_back(ground: Ground) -> None:
    items = stream(ground)
    next(items)
    del items
    gc.collect()
    assert (ground.state, ground.undone) == (State.FAILED, ["files"])


def test_a_body_that_swallows_its_closing_takes_the_run_back_without_a_word(ground: Ground) -> None:
    @pre_dispatch_guard(ground.ledger)
    def body() -> Items:
        guard = current_guard()
        guard.open(ground.create, guard.token)
        try:
            yield
        except GeneratorExit:
            return

    items = body()
    next(items)
    items.close()
    assert ground.state is State.FAILED


def test_on_error_is_the_last_item(ground: Ground) -> None:
    items = stream(ground, told)
    next(items)
    assert items.send("fail") == "failed: OSError: 403"
    assert list(items) == []
    assert (ground.state, ground.undone) == (State.FAILED, ["files"])


def test_a_body_that_ends_without_a_dispatch_fails(ground: Ground) -> None:
    items = stream(ground, dispatches=False)
    next(items)
    next(items)
    with pytest.raises(NeverDispatched):
        next(items)
    assert ground.state is State.FAILED


def test_the_consumer_never_sees_the_guard(ground: Ground) -> None:
    with pre_dispatch_guard(ground.ledger) as outer:
        outer.open(ground.create, outer.token, 7)
        for _ in stream(ground):
            assert current_guard() is outer
        outer.dispatch(ground.enqueue, 7)


def test_a_generator_may_move_between_threads(ground: Ground) -> None:
    """As a web server does, which asks each item of a streamed response from whatever thread is free."""

    async def consume() -> list[Any]:
        items = stream(ground)
        return [await asyncio.to_thread(next, items, None) for _ in range(3)]

    assert asyncio.run(consume()) == ["staging", ("dispatched", None), None]
    assert (ground.state, ground.queue) == (State.SEALED, [1])


def astream(ground: Ground, on_error: Any = None) -> AsyncGenerator[Any, Any]:
    async def undo() -> None:
        await asyncio.sleep(0)
        ground.undone.append("files")

    async def body() -> AsyncGenerator[Any, Any]:
        guard = current_async_guard()
        await guard.open(ground.create, guard.token)
        guard.on_failure(undo)
        try:
            sent = yield "staging"
        except KeyError:
            sent = "caught"
        if sent == "fail":
            raise OSError("403")
        await guard.dispatch(ground.enqueue, 1)
        more = yield ("dispatched", sent)
        if more == "fail":
            raise OSError("after")

    return decorated(ground, on_error)(body)()  # type: ignore[no-any-return]


def test_an_asynchronous_generator_takes_what_is_sent_and_thrown(ground: Ground) -> None:
    async def consume() -> None:
        items = astream(ground)
        assert await anext(items) == "staging"
        assert await items.athrow(KeyError()) == ("dispatched", "caught")
        with pytest.raises(StopAsyncIteration):
            await items.asend("more")

    asyncio.run(consume())
    assert (ground.state, ground.queue, ground.undone) == (State.SEALED, [1], [])


@pytest.mark.parametrize("how", ["closed", "forgotten"])
def test_an_asynchronous_generator_that_is_left_before_the_dispatch_takes_the_run_back(
    ground: Ground, how: str
) -> None:
    async def consume() -> None:
        items = astream(ground)
        await anext(items)
        if how == "closed":
            await items.aclose()

    asyncio.run(consume())
    assert (ground.state, ground.undone) == (State.FAILED, ["files"])


def test_an_asynchronous_generator_that_is_left_after_the_dispatch_goes_on(ground: Ground) -> None:
    async def consume() -> None:
        items = astream(ground)
        await anext(items)
        await items.asend("go")
        await items.aclose()

    asyncio.run(consume())
    assert (ground.state, ground.undone) == (State.SEALED, [])


def test_on_error_is_the_last_item_of_an_asynchronous_generator(ground: Ground) -> None:
    async def consume() -> list[Any]:
        items = astream(ground, told)
        await anext(items)
        answer = await items.asend("fail")
        return [answer, *[item async for item in items]]

    assert asyncio.run(consume()) == ["failed: OSError: 403"]
    assert (ground.state, ground.undone) == (State.FAILED, ["files"])


def test_a_failure_of_an_asynchronous_generator_after_the_dispatch_is_raised(ground: Ground) -> None:
    async def consume() -> None:
        items = astream(ground, told)
        await anext(items)
        await items.asend("go")
        await items.asend("fail")

    with pytest.raises(OSError, match="after") as caught:
        asyncio.run(consume())
    assert outcome_of(caught.value) is None
    assert ground.state is State.SEALED


def test_the_consumer_of_an_asynchronous_generator_never_sees_the_guard(ground: Ground) -> None:
    async def consume() -> None:
        async for _ in astream(ground):
            with pytest.raises(NoCurrentGuard):
                current_async_guard()

    asyncio.run(consume())


def test_a_row_that_exists_already_is_guarded_around_a_generator(ground: Ground) -> None:
    @pre_dispatch_guard(ground.ledger, execution_id="run")
    def body(run: int) -> Items:
        yield "staging"
        raise OSError("403")

    @pre_dispatch_guard(ground.ledger, execution_id="run")
    async def async_body(run: int) -> AsyncGenerator[str, None]:
        yield "staging"
        raise OSError("403")

    async def consume() -> None:
        async for _ in async_body(2):
            pass

    for run in (1, 2):
        ground.ledger.add(run, None)
    with pytest.raises(OSError):
        list(body(1))
    with pytest.raises(OSError):
        asyncio.run(consume())
    assert [row.state for row in ground.ledger.rows.values()] == [State.FAILED, State.FAILED]


def test_after_the_dispatch_the_body_has_no_current_guard(ground: Ground) -> None:
    @pre_dispatch_guard(ground.ledger)
    def body() -> Items:
        guard = current_guard()
        guard.open(ground.create, guard.token)
        guard.dispatch(ground.enqueue, 1)
        yield "dispatched"
        with pytest.raises(NoCurrentGuard):
            current_guard()

    assert list(body()) == ["dispatched"]
