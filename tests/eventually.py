"""Waiting for a condition with a limit: the only way in which a test waits.

It reads the real clock even while a test has frozen time, so a limit is always a limit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import freezegun.api as real_clock

Value = TypeVar("Value")


def eventually(
    condition: Callable[[], Value],
    within: float = 10.0,
    *,
    every: float = 0.02,
    what: str | None = None,
    passing_over: tuple[type[Exception], ...] = (AssertionError, OSError),
) -> Value:
    """The first true value of `condition()`, asked every `every` seconds for at most `within` seconds.

    An error of `passing_over` raised by the condition counts as "not yet". When the limit is over, an
    AssertionError names the condition (or `what`) and the last value or error.
    """
    limit = real_clock.real_monotonic() + within
    while True:
        value, error = _ask(condition, passing_over)
        if value:
            return value
        if real_clock.real_monotonic() >= limit:
            seen = f"it raised {error!r}" if error else f"its last value was {value!r}"
            raise AssertionError(f"waited {within:g} s for {what or _name(condition)}; {seen}") from error
        threading.Event().wait(every)


def _ask(
    condition: Callable[[], Value], passing_over: tuple[type[Exception], ...]
) -> tuple[Value | None, Exception | None]:
    try:
        return condition(), None
    except passing_over as error:
        return None, error


def _name(condition: Callable[[], object]) -> str:
    code = getattr(condition, "__code__", None)
    name = getattr(condition, "__qualname__", repr(condition))
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code else name
