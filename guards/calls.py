"""What the calls of one decorated function share: how to make a guard, whose row it is, and who answers a failure."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .async_guard import AsyncGuard
from .block import Block
from .course import Course
from .errors import GuardMisuse
from .guard import Guard
from .outcome import Outcome

AnyGuard = Guard[Any] | AsyncGuard[Any]


class Calls:
    """`on_error` is that of `pre_dispatch_guard`; `run_of` tells the id of a row that exists already."""

    def __init__(
        self,
        make: Callable[[], Course],
        run_of: Callable[..., Any] | None,
        on_error: Callable[[Outcome], Any] | None,
    ) -> None:
        self._make, self._run_of, self._on_error = make, run_of, on_error

    def block(self) -> Block[Any]:
        return Block(self._make)

    def guard(self) -> Guard[Any]:
        return Guard(self._make())

    def async_guard(self) -> AsyncGuard[Any]:
        return AsyncGuard(self._make())

    def adopt(self, guard: Guard[Any], args: Any, kwargs: Any) -> None:
        if self._run_of is not None:
            guard.adopt(self._run_of(*args, **kwargs))

    async def adopt_async(self, guard: AsyncGuard[Any], args: Any, kwargs: Any) -> None:
        if self._run_of is not None:
            await guard.adopt(self._run_of(*args, **kwargs))

    def answers(self, guard: AnyGuard | None) -> bool:
        """Whether `answer` may be asked: there was a row, the run does not go on, and there is an `on_error`."""
        outcome = guard.outcome if guard is not None else None
        return self._on_error is not None and outcome is not None and not outcome.dispatched

    def answer(self, guard: Any) -> Any:
        """What `on_error` makes of the outcome."""
        return self._on_error(guard.outcome) if self._on_error else None


def run_of(fn: Callable[..., Any], execution_id: str | Callable[..., Any] | None) -> Callable[..., Any] | None:
    """How to tell the id from the arguments of `fn`, one of which `execution_id` may name. Raises `GuardMisuse`."""
    if not isinstance(execution_id, str):
        return execution_id
    signature = inspect.signature(fn)
    if execution_id not in signature.parameters:
        raise GuardMisuse(f"{fn!r} has no argument {execution_id!r}, which execution_id= names.")

    def told(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.arguments[execution_id]

    return told
