"""The same work three ways: a row, two things to undo, a step, the seal, the queue.

`bare` is the floor, a try/except that keeps the guard's promises as far as that can; `stacked` is what one would write
with the standard library. All make the same calls of the same ledger.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from guards import Standing, log_event, pre_dispatch_guard, subscribe, unsubscribe

TOKEN = "0123456789abcdef" * 2


class NoLedger:
    """Says yes at once."""

    def add(self, run: int, token: str) -> None: ...

    def seal(self, run: int, token: str) -> bool:
        return True

    def mark_error(self, run: int, reason: str, token: str, *, sealed: bool) -> bool:
        return True

    def standing(self, run: int, token: str) -> Standing:
        return Standing.OPEN


class Made:
    """A row that was made."""

    __slots__ = ("id",)

    def __init__(self, run: int) -> None:
        self.id = run


def nothing(*_: object) -> None:
    """A step, an undo action, a queue."""


def fails() -> None:
    """A step that fails."""
    raise OSError("403")


class Work:
    """Each call makes a run of its own."""

    def __init__(self, ledger: Any, step: Callable[[], None]) -> None:
        self.ledger, self.step = ledger, step
        self._ids = itertools.count()

    def create(self, token: str) -> Made:
        run = next(self._ids)
        self.ledger.add(run, token)
        return Made(run)

    def bare(self) -> None:
        row = self.create(TOKEN)
        try:
            self.step()
            self.ledger.seal(row.id, TOKEN)
            nothing(row.id)
        except BaseException as error:
            self.ledger.mark_error(row.id, str(error), TOKEN, sealed=False)
            nothing()
            nothing()
            raise

    def stacked(self) -> None:
        with ExitStack() as stack:
            row = self.create(TOKEN)
            stack.callback(self.ledger.mark_error, row.id, "failed", TOKEN, sealed=False)
            stack.callback(nothing)
            stack.callback(nothing)
            self.step()
            self.ledger.seal(row.id, TOKEN)
            nothing(row.id)
            stack.pop_all()

    def guarded(self) -> None:
        with pre_dispatch_guard(self.ledger) as guard:
            row = guard.open(self.create, guard.token)
            guard.on_failure(nothing)
            guard.on_failure(nothing)
            self.step()
            guard.dispatch(nothing, row.id)


def swallowed(once: Callable[[], None]) -> Callable[[], None]:
    """The same, for a step that fails: the error goes no further."""

    def call() -> None:
        with suppress(OSError):
            once()

    return call


@contextmanager
def without_log() -> Iterator[None]:
    """Within it a failure writes no line: where to, and how fast that is, is not the guard's."""
    unsubscribe(log_event)
    try:
        yield
    finally:
        subscribe(log_event)
