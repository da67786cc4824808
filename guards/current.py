"""The guard around the running code, of each kind: for code that is not handed one."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

from .errors import NoCurrentGuard
from .phases import Phase

if TYPE_CHECKING:
    from .async_guard import AsyncGuard
    from .guard import Guard

G = TypeVar("G", bound="Guard[Any] | AsyncGuard[Any]")

# Weak, so that a guard whose end was cut off by an exception from outside is not taken for the current one.
_guards: ContextVar[tuple[ref[Guard[Any]], ...]] = ContextVar("guards", default=())
_async_guards: ContextVar[tuple[ref[AsyncGuard[Any]], ...]] = ContextVar("async_guards", default=())


def current_guard() -> Guard[Any]:
    """The innermost guard around this code that has not ended. Raises `NoCurrentGuard`."""
    return _innermost(_guards)


def current_async_guard() -> AsyncGuard[Any]:
    """The same for code within `async with`, or within a decorated coroutine or asynchronous generator."""
    return _innermost(_async_guards)


def surround(guard: Guard[Any]) -> None:
    """From here on in this context, `guard` is the innermost one."""
    _guards.set((*_without(_guards.get(), guard), ref(guard)))


def surround_async(guard: AsyncGuard[Any]) -> None:
    """The same for an asynchronous one."""
    _async_guards.set((*_without(_async_guards.get(), guard), ref(guard)))


def leave(guard: Guard[Any]) -> None:
    """No more. It may be called in another context than it was surrounded in, and then changes nothing there."""
    _guards.set(_without(_guards.get(), guard))


def leave_async(guard: AsyncGuard[Any]) -> None:
    """The same for an asynchronous one."""
    _async_guards.set(_without(_async_guards.get(), guard))


def _innermost(guards: ContextVar[tuple[ref[G], ...]]) -> G:
    for known in guards.get()[::-1]:
        guard = known()
        if guard is not None and guard.phase is not Phase.ENDED:
            return guard
    raise NoCurrentGuard


def _without(known: tuple[ref[G], ...], guard: G) -> tuple[ref[G], ...]:
    """Those that are still there, but for `guard`. Mostly there is none around it."""
    if len(known) <= 1 and (not known or known[0]() is guard):
        return ()
    return tuple(one for one in known if one() not in (None, guard))
