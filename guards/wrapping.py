"""The four wrappings of the decorator. Those of generators know when the guard is around the body, and when not:

it is closed when the dispatch is done, not when the body has been consumed, and never seen by the consumer.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from functools import partial
from typing import Any

from .async_guard import AsyncGuard
from .calls import Calls
from .current import leave, leave_async, surround, surround_async
from .guard import Guard
from .phases import Phase

Function = Callable[..., Any]


def wrap_function(calls: Calls, fn: Function) -> Function:
    @functools.wraps(fn)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        guard = None
        try:
            with calls.block() as guard:
                calls.adopt(guard, args, kwargs)
                return fn(*args, **kwargs)
        except Exception:
            if not calls.answers(guard):
                raise
        return calls.answer(guard)

    return guarded


def wrap_coroutine(calls: Calls, fn: Function) -> Function:
    @functools.wraps(fn)
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        guard = None
        try:
            async with calls.block() as guard:
                await calls.adopt_async(guard, args, kwargs)
                return await fn(*args, **kwargs)
        except Exception:
            if not calls.answers(guard):
                raise
        return calls.answer(guard)

    return guarded


def wrap_generator(calls: Calls, fn: Function) -> Function:
    @functools.wraps(fn)
    def guarded(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        guard, body = calls.guard(), fn(*args, **kwargs)
        resume: Callable[[], Any] = partial(_start, calls, guard, body, args, kwargs)
        while True:
            try:
                item = _resume(guard, resume)
            except StopIteration as end:
                return end.value
            except Exception:
                if not calls.answers(guard):
                    raise
                break
            try:
                sent = yield item
            except GeneratorExit as error:
                resume = partial(_close, body, error)
            except BaseException as error:
                resume = partial(body.throw, error)
            else:
                resume = partial(body.send, sent)
        yield calls.answer(guard)
        return None

    return guarded


def wrap_async_generator(calls: Calls, fn: Function) -> Function:
    @functools.wraps(fn)
    async def guarded(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        guard, body = calls.async_guard(), fn(*args, **kwargs)
        resume: Callable[[], Awaitable[Any]] = partial(_start_async, calls, guard, body, args, kwargs)
        while True:
            try:
                item = await _resume_async(guard, resume)
            except StopAsyncIteration:
                return
            except Exception:
                if not calls.answers(guard):
                    raise
                break
            try:
                sent = yield item
            except GeneratorExit as error:
                resume = partial(_close_async, body, error)
            except BaseException as error:
                resume = partial(body.athrow, error)
            else:
                resume = partial(body.asend, sent)
        yield calls.answer(guard)

    return guarded


def _start(calls: Calls, guard: Guard[Any], body: Generator[Any, Any, Any], args: Any, kwargs: Any) -> Any:
    calls.adopt(guard, args, kwargs)
    return next(body)


async def _start_async(
    calls: Calls, guard: AsyncGuard[Any], body: AsyncGenerator[Any, Any], args: Any, kwargs: Any
) -> Any:
    await calls.adopt_async(guard, args, kwargs)
    return await anext(body)


def _resume(guard: Guard[Any], resume: Callable[[], Any]) -> Any:
    if guard.phase is Phase.ENDED:
        return resume()
    surround(guard)
    try:
        item = resume()
        if guard.phase is Phase.DISPATCHED:
            guard.end(None)
    except StopIteration:
        guard.end(None)
        raise
    except BaseException as error:
        guard.end(error)
        raise error  # a bare `raise` may find the error of a step that was cut off while it was settled
    finally:
        leave(guard)
    return item


async def _resume_async(guard: AsyncGuard[Any], resume: Callable[[], Awaitable[Any]]) -> Any:
    if guard.phase is Phase.ENDED:
        return await resume()
    surround_async(guard)
    try:
        item = await resume()
        if guard.phase is Phase.DISPATCHED:
            await guard.end(None)
    except StopAsyncIteration:
        await guard.end(None)
        raise
    except BaseException as error:
        await guard.end(error)
        raise error
    finally:
        leave_async(guard)
    return item


def _close(body: Generator[Any, Any, Any], error: GeneratorExit) -> Any:
    body.close()
    raise error


async def _close_async(body: AsyncGenerator[Any, Any], error: GeneratorExit) -> Any:
    await body.aclose()
    raise error
