"""How many bytes a guard holds while its block runs, and how many an `ExitStack` does, with the same to undo."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import Context

from benchmarks.guarded_work import TOKEN, Made, NoLedger, nothing
from guards import pre_dispatch_guard

LEDGER, ROW, MANY = NoLedger(), Made(1), 1000


def a_guard() -> object:
    """A guard in the middle of its block."""
    block = pre_dispatch_guard(LEDGER)
    guard = block.__enter__()
    guard.open(lambda _: ROW, guard.token)
    guard.on_failure(nothing)
    guard.on_failure(nothing)
    return block


def a_stack() -> object:
    """A stack in the middle of its block."""
    stack = ExitStack().__enter__()
    stack.callback(LEDGER.mark_error, ROW.id, "failed", TOKEN, sealed=False)
    stack.callback(nothing)
    stack.callback(nothing)
    return stack


def bytes_of(make: Callable[[], object]) -> float:
    """The bytes of each of a thousand that live at once, each in a context of its own, as requests are."""
    kept: list[object] = [None] * MANY
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(MANY):
            kept[number] = Context().run(make)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / MANY
