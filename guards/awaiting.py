"""Awaiting what must not be cut off, and what must not take for ever."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

GRACE_SECONDS = 1.0
"""How long a cancelled undo may take to end before it is left alone."""

_left_alone: set[asyncio.Task[Any]] = set()


async def ask_ledger(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a method of the ledger: await a coroutine function, run a plain one in a thread."""
    if inspect.iscoroutinefunction(method):
        return await method(*args, **kwargs)
    return await awaited(await asyncio.to_thread(method, *args, **kwargs))


async def awaited(value: Any) -> Any:
    """What a call returned, awaited if it can be."""
    return await value if inspect.isawaitable(value) else value


async def uncut(work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns, or raises. A cancelling of the caller waits until then, and is raised in its place."""
    task = asyncio.ensure_future(_caught(work))
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as error:
            cancelled = cancelled or error
    if cancelled is not None:
        raise cancelled
    return task.result()()


async def within(value: Any, seconds: float) -> Any:
    """Await an undo with a limit that is one: it is not waited for if it swallows its cancelling."""
    if not inspect.isawaitable(value):
        return value
    task = asyncio.ensure_future(_caught(value))
    try:
        done, _ = await asyncio.wait((task,), timeout=seconds)
    finally:
        if not task.done():
            task.cancel()
    if not done:
        await asyncio.wait((task,), timeout=GRACE_SECONDS)
        _left_alone.add(task)
        task.add_done_callback(_left_alone.discard)
        raise TimeoutError(f"not done after {seconds:g} s")
    return task.result()()


async def _caught(work: Awaitable[T]) -> Callable[[], T]:
    """How it ended, as a function: an exit that left a task as an exception would tear down the loop at once."""
    try:
        result = await work
    except BaseException as error:
        return functools.partial(_raise, error)
    return lambda: result


def _raise(error: BaseException) -> NoReturn:
    raise error
