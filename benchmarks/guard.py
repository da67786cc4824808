"""What the guard costs: time, memory, and its share of one accepted request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks import awaited_work
from benchmarks.accepted_request import microseconds_of_one
from benchmarks.guard_memory import a_guard, a_stack, bytes_of
from benchmarks.guarded_work import NoLedger, Work, fails, nothing, swallowed, without_log
from benchmarks.row import Row
from benchmarks.timing import Way, fastest, plain
from guards.memory import MemoryLedger

AT_MOST, SHARE = 3.0, 0.01
LEDGERS = {"ledger in memory": MemoryLedger, "no ledger": NoLedger}
WAYS = (Work.bare, Work.stacked, Work.guarded)
AWAITED = {"stacked": awaited_work.stacked, "guarded": awaited_work.guarded}
Effort = tuple[int, int]
"""Calls in a round, and rounds."""


def rows(quick: bool) -> Iterator[Row]:
    """Each block has two undo actions and waits for nothing, so the time is the guard's own."""
    effort = (5, 2) if quick else (500, 60)
    for name, ledger in LEDGERS.items():
        taken = fastest(_ways(ledger, nothing), *effort)
        yield Row(f"a guarded block, {name}", taken["guarded"], "ExitStack", taken["stacked"], "µs", AT_MOST)
        yield Row(f"a guarded block, {name}", taken["guarded"], "bare try/except", taken["bare"], "µs")
    yield from _other_blocks(effort)
    yield Row("memory of a guard", bytes_of(a_guard), "ExitStack", bytes_of(a_stack), "B", 1.0)
    own, request = taken["guarded"] - taken["bare"], microseconds_of_one(times=2 if quick else 100)
    yield Row("the guard's own time", own, "one accepted request", request, "µs", SHARE)


def _other_blocks(effort: Effort) -> Iterator[Row]:
    with without_log():
        failed = fastest(_ways(MemoryLedger, fails), *effort)
    yield Row("a block whose step fails", failed["guarded"], "ExitStack", failed["stacked"], "µs")
    awaited = fastest({name: awaited_work.awaited(once) for name, once in AWAITED.items()}, *effort)
    yield Row("an asynchronous block", awaited["guarded"], "AsyncExitStack", awaited["stacked"], "µs")


def _ways(ledger: Callable[[], Any], step: Callable[[], None]) -> dict[str, Way]:
    """The same work three ways, with a new ledger for each round."""
    return {work.__name__: plain(_making(work, ledger, step)) for work in WAYS}


def _making(
    work: Callable[[Work], None], ledger: Callable[[], Any], step: Callable[[], None]
) -> Callable[[], Callable[[], None]]:
    def make() -> Callable[[], None]:
        once = getattr(Work(ledger(), step), work.__name__)
        return swallowed(once) if step is fails else once

    return make
