"""Calls to the outside, as steps that a driver makes: `guard` calls plainly, `async_guard` awaits.

So what the guard decides is written once, as generators that yield calls, and does not know how they are made.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Any, TypeVar

from .undo import Undo

Result = TypeVar("Result")

Call = partial[Any] | Undo
"""One call of a method of the ledger, or one try of an undo action."""

Steps = Generator[Call, Any, Result]


def drive(steps: Steps[Result]) -> Result:
    """Make every call of `steps`, and return what they return."""
    try:
        call = next(steps)
        while True:
            try:
                answer = call()
            except BaseException as error:
                call = steps.throw(error)
            else:
                call = steps.send(answer)
    except StopIteration as end:
        result: Result = end.value
        return result
