"""Waiting for a condition with a limit: the only way in which a test waits.

It reads the real clock even while a test has frozen time, so a limit is always a limit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import freezegun.api as real_clock

Value = TypeVar("Value")
SHORTEST_PAUSE, LATEST = 0.02, 0.05
"""Seconds, and the part of a wait by which its end may be seen too late."""


def eventually(
    condition: Callable[[], Value],
    within: float = 10.0,
    *,
    every: float | None = None,
    what: str | None = None,
    passing_over: tuple[type[Exception], ...] = (AssertionError, OSError),
) -> Value:
    """The first true value of `condition()`, asked every `every` seconds for at most `within` seconds.

    Where `every` is not said, the condition is asked less often the longer it takes, so that asking slows down nobody.
    An error of `passing_over` raised by the condition counts as "not yet". When the limit is over, an
    AssertionError names the condition (or `what`) and the last value or error.
    """
    began = real_clock.real_monotonic()
    while True:
        value, error = _ask(condition, passing_over)
        if value:
            return value
        waited = real_clock.real_monotonic() - began
        if waited >= within:
            seen = f"it raised {error!r}" if error else f"its last value was {value!r}"
            raise AssertionError(f"waited {within:g} s for {what or _name(condition)}; {seen}") from error
        threading.Event().wait(every or max(SHORTEST_PAUSE, waited * LATEST))


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
