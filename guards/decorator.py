"""The guard as a decorator: the types that it keeps, and which wrapping a function needs."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from typing import Any, Generic, ParamSpec, TypeVar, overload

from .calls import Calls, run_of
from .course import Course
from .errors import GuardMisuse
from .outcome import Outcome
from .wrapping import wrap_async_generator, wrap_coroutine, wrap_function, wrap_generator

P = ParamSpec("P")
R = TypeVar("R")
Y = TypeVar("Y")
S = TypeVar("S")
E_co = TypeVar("E_co", covariant=True)


class Decorator(Generic[E_co]):
    """Guards each call of what it decorates with a fresh guard, and keeps the signature.

    Not a `contextlib.ContextDecorator`: that would leave the block before the body of a coroutine or a generator
    runs, and share one guard between all calls.
    """

    def __init__(
        self,
        make: Callable[[], Course],
        execution_id: str | Callable[..., Any] | None = None,
        on_error: Callable[[Outcome], E_co] | None = None,
    ) -> None:
        self._make_course, self._execution_id, self._on_error = make, execution_id, on_error

    @overload
    def __call__(self, fn: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R | E_co]]: ...

    @overload
    def __call__(self, fn: Callable[P, Generator[Y, S, R]]) -> Callable[P, Generator[Y | E_co, S, R | None]]: ...

    @overload
    def __call__(self, fn: Callable[P, AsyncGenerator[Y, S]]) -> Callable[P, AsyncGenerator[Y | E_co, S]]: ...

    @overload
    def __call__(self, fn: Callable[P, R]) -> Callable[P, R | E_co]: ...

    def __call__(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate `fn`. Raises `GuardMisuse` for what is no function, or lacks the argument `execution_id`."""
        if isinstance(fn, staticmethod | classmethod | property | type):
            raise GuardMisuse(f"Decorate a function; put the guard below @{type(fn).__name__}.")
        calls = Calls(self._make_course, run_of(fn, self._execution_id), self._on_error)
        code = _called(fn)
        if inspect.iscoroutinefunction(code):
            return wrap_coroutine(calls, fn)
        if inspect.isasyncgenfunction(code):
            return wrap_async_generator(calls, fn)
        if inspect.isgeneratorfunction(code):
            return wrap_generator(calls, fn)
        return wrap_function(calls, fn)


def _called(fn: Callable[..., Any]) -> Any:
    """What runs when `fn` is called: an object's own `__call__`, or `fn` itself."""
    own = getattr(type(fn), "__call__", None)  # noqa: B004
    return own if inspect.isfunction(own) else fn
