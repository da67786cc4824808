"""What the guard costs: a call under it, beside a bare try/except and a `contextlib.ExitStack`, in the same run.

    python -m benchmarks.guard [calls]

The ledger does nothing, so all of the time is the guard's own. Printed are microseconds a call, the best of five
rounds, and the ratio to the bare try/except. A ledger's commit costs a thousand times as much.
"""

from __future__ import annotations

import asyncio
import sys
import timeit
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from guards import Standing, log_event, pre_dispatch_guard, unsubscribe

ROUNDS = 5


@dataclass(frozen=True)
class Row:
    id: int = 1


class NoLedger:
    """Says yes at once."""

    def seal(self, run: int, token: str) -> bool:
        return True

    def mark_error(self, run: int, reason: str, token: str, *, sealed: bool) -> bool:
        return True

    def standing(self, run: int, token: str) -> Standing:
        return Standing.OPEN


LEDGER = NoLedger()


def work(*_: object) -> Row:
    return Row()


def fail(*_: object) -> Row:
    raise OSError("403")


def bare(step: Callable[..., Row]) -> None:
    row = work()
    try:
        step()
        LEDGER.seal(row.id, "")
        work(row.id)
    except BaseException as error:
        LEDGER.mark_error(row.id, repr(error), "", sealed=False)
        work()
        work()
        raise


def exit_stack(step: Callable[..., Row]) -> None:
    with ExitStack() as stack:
        row = work()
        stack.callback(LEDGER.mark_error, row.id, "failed", "", sealed=False)
        stack.callback(work)
        stack.callback(work)
        step()
        LEDGER.seal(row.id, "")
        work(row.id)
        stack.pop_all()


def guarded(step: Callable[..., Row]) -> None:
    with pre_dispatch_guard(LEDGER) as guard:
        row = guard.open(work, guard.token)
        guard.on_failure(work)
        guard.on_failure(work)
        step()
        guard.dispatch(work, row.id)


class AwaitedLedger:
    """The same as coroutines, so that no thread is part of the cost."""

    async def seal(self, run: int, token: str) -> bool:
        return True

    async def mark_error(self, run: int, reason: str, token: str, *, sealed: bool) -> bool:
        return True

    async def standing(self, run: int, token: str) -> Standing:
        return Standing.OPEN


AWAITED = AwaitedLedger()


async def guarded_async(step: Callable[..., Row]) -> None:
    async with pre_dispatch_guard(AWAITED) as guard:
        row = await guard.open(work, guard.token)
        guard.on_failure(work)
        guard.on_failure(work)
        step()
        await guard.dispatch(work, row.id)


async def repeat_async(step: Callable[..., Row], calls: int) -> None:
    for _ in range(calls):
        with suppress(OSError):
            await guarded_async(step)


def seconds(call: Callable[..., None], step: Callable[..., Row], calls: int) -> float:
    def once() -> None:
        with suppress(OSError):
            call(step)

    return min(timeit.repeat(once, number=calls, repeat=ROUNDS)) / calls


def seconds_async(step: Callable[..., Row], calls: int) -> float:
    rounds = timeit.repeat(lambda: asyncio.run(repeat_async(step, calls)), number=1, repeat=ROUNDS)
    return min(rounds) / calls


def main(calls: int = 5000) -> None:
    unsubscribe(log_event)
    for title, step in (("all goes well", work), ("a step fails, two undo actions", fail)):
        base = seconds(bare, step, calls)
        measured = {
            "bare try/except": base,
            "ExitStack": seconds(exit_stack, step, calls),
            "guard": seconds(guarded, step, calls),
            "asynchronous guard": seconds_async(step, calls),
        }
        print(title)
        for name, each in measured.items():
            print(f"  {name:20} {each * 1e6:8.2f} µs  {each / base:6.1f} x")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
