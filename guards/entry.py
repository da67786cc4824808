"""`pre_dispatch_guard`: the way in, for a `with` block, an `async with` block, or as a decorator."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Generic, Never, TypeVar, overload

from .block import Block
from .course import Course, Limits
from .decorator import Decorator
from .errors import CannotAdopt
from .ledger import AdoptingLedger, AsyncAdoptingLedger, AsyncLedger, Ledger, Run
from .outcome import Outcome

E = TypeVar("E")
RunIdOf = Callable[[Any], Run]
DEFAULT_LIMITS = Limits()


class PreDispatchGuard(Block[Run], Decorator[Never], Generic[Run]):
    """What `pre_dispatch_guard(ledger)` returns: enter it once, or decorate any number of functions with it."""

    def __init__(self, make: Callable[[], Course]) -> None:
        Block.__init__(self, make)
        Decorator.__init__(self, make)


@overload
def pre_dispatch_guard(
    ledger: Ledger[Run] | AsyncLedger[Run],
    *,
    run_id: RunIdOf[Run] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> PreDispatchGuard[Run]: ...


@overload
def pre_dispatch_guard(
    ledger: AdoptingLedger[Run] | AsyncAdoptingLedger[Run],
    *,
    execution_id: str | Callable[..., Run],
    limits: Limits = DEFAULT_LIMITS,
) -> Decorator[Never]: ...


@overload
def pre_dispatch_guard(
    ledger: AdoptingLedger[Run] | AsyncAdoptingLedger[Run],
    *,
    execution_id: str | Callable[..., Run],
    on_error: Callable[[Outcome], E],
    limits: Limits = DEFAULT_LIMITS,
) -> Decorator[E]: ...


@overload
def pre_dispatch_guard(
    ledger: Ledger[Run] | AsyncLedger[Run],
    *,
    on_error: Callable[[Outcome], E],
    run_id: RunIdOf[Run] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Decorator[E]: ...


def pre_dispatch_guard(
    ledger: Any,
    *,
    execution_id: str | Callable[..., Any] | None = None,
    on_error: Callable[[Outcome], Any] | None = None,
    run_id: Callable[[Any], Any] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Any:
    """Guard every step between a run's row and its dispatch: `with pre_dispatch_guard(ledger) as guard:`.

    `run_id` tells the id of what `guard.open` made; by default it is its `.id`.

    As a decorator it makes a fresh guard for each call, which the function finds as `current_guard()` (a
    coroutine function: `current_async_guard()`). `execution_id` names the argument that holds the id of a row
    that exists already, or is called with the arguments and returns the id. With `on_error`, a failed step (an
    `Exception`, when there was a row) does not raise: `on_error(outcome)` makes the return value, or the last
    item of a generator.
    """

    make = partial(Course, ledger, run_id, limits)
    if execution_id is None and on_error is None:
        return PreDispatchGuard(make)
    if execution_id is not None and not hasattr(ledger, "adopt"):
        raise CannotAdopt
    return Decorator(make, execution_id, on_error)
