"""The guard around the running code, of each kind: for code that is not handed one."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from .errors import NoCurrentGuard
from .phases import Phase

if TYPE_CHECKING:
    from .async_guard import AsyncGuard
    from .guard import Guard

_guards: ContextVar[tuple[Guard[Any], ...]] = ContextVar("guards", default=())
_async_guards: ContextVar[tuple[AsyncGuard[Any], ...]] = ContextVar("async_guards", default=())


def current_guard() -> Guard[Any]:
    """The innermost guard around this code that has not ended. Raises `NoCurrentGuard`."""
    for guard in _guards.get()[::-1]:
        if guard.phase is not Phase.ENDED:
            return guard
    raise NoCurrentGuard


def current_async_guard() -> AsyncGuard[Any]:
    """The same for code within `async with`, or within a decorated coroutine or asynchronous generator."""
    for guard in _async_guards.get()[::-1]:
        if guard.phase is not Phase.ENDED:
            return guard
    raise NoCurrentGuard


def surround(guard: Guard[Any]) -> None:
    """From here on in this context, `guard` is the innermost one."""
    _guards.set((*_guards.get(), guard))


def surround_async(guard: AsyncGuard[Any]) -> None:
    """The same for an asynchronous one."""
    _async_guards.set((*_async_guards.get(), guard))


def leave(guard: Guard[Any] | AsyncGuard[Any]) -> None:
    """No more. It may be called in another context than it was surrounded in, and then changes nothing there."""
    _guards.set(tuple(other for other in _guards.get() if other is not guard))
    _async_guards.set(tuple(other for other in _async_guards.get() if other is not guard))
