"""The same work as coroutines: under the asynchronous guard, and under a `contextlib.AsyncExitStack`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from benchmarks.guarded_work import TOKEN, Made, nothing
from benchmarks.timing import Way
from guards import Standing, pre_dispatch_guard


class AwaitedLedger:
    """Says yes at once, as coroutines, so that no thread is part of the cost."""

    async def seal(self, run: int, token: str) -> bool:
        return True

    async def mark_error(self, run: int, reason: str, token: str, *, sealed: bool) -> bool:
        return True

    async def standing(self, run: int, token: str) -> Standing:
        return Standing.OPEN


LEDGER = AwaitedLedger()


async def undo() -> None:
    """An undo action."""


async def stacked() -> None:
    async with AsyncExitStack() as stack:
        row = Made(1)
        stack.push_async_callback(LEDGER.mark_error, row.id, "failed", TOKEN, sealed=False)
        stack.push_async_callback(undo)
        stack.push_async_callback(undo)
        await LEDGER.seal(row.id, TOKEN)
        nothing(row.id)
        stack.pop_all()


async def guarded() -> None:
    async with pre_dispatch_guard(LEDGER) as guard:
        row = await guard.open(Made, 1)
        guard.on_failure(undo)
        guard.on_failure(undo)
        await guard.dispatch(nothing, row.id)


def awaited(once: Callable[[], Awaitable[None]]) -> Way:
    """The way of a coroutine function, within one event loop for each round."""

    async def repeat(calls: int) -> float:
        begun = time.perf_counter()
        for _ in range(calls):
            await once()
        return (time.perf_counter() - begun) / calls

    return lambda calls: asyncio.run(repeat(calls))
