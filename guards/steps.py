"""Calls to the outside, as steps that a driver makes: `guard` calls plainly, `async_guard` awaits.

So what the guard decides is written once, as generators that yield calls, and does not know how they are made.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from .undo import Undo

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class LedgerCall:
    """One call of the ledger's method `name`."""

    method: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UndoCall:
    """One try of an undo action."""

    action: Undo


Steps = Generator[LedgerCall | UndoCall, Any, Result]


def ask(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Steps[Any]:
    """Make one call of the ledger and return its answer."""
    answer = yield LedgerCall(method, args, kwargs)
    return answer


def drive(steps: Steps[Result], make: Callable[[LedgerCall | UndoCall], Any]) -> Result:
    """Make every call of `steps`, and return what they return."""
    try:
        call = next(steps)
        while True:
            try:
                answer = make(call)
            except BaseException as error:
                call = steps.throw(error)
            else:
                call = steps.send(answer)
    except StopIteration as end:
        result: Result = end.value
        return result
