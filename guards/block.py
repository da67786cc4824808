"""A guarded block: `with` or `async with`, entered once."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Generic

from .async_guard import AsyncGuard
from .course import Course
from .current import leave, leave_async, surround, surround_async
from .errors import EnteredTwice, NotEntered
from .guard import Guard
from .ledger import Run


class Block(Generic[Run]):
    """Enters a guard. A failure is settled at the end of the block, and always raised again."""

    _guard: Guard[Run] | None = None
    _async_guard: AsyncGuard[Run] | None = None

    def __init__(self, make: Callable[[], Course]) -> None:
        self._make_course = make
        self._entries = [None]

    def __enter__(self) -> Guard[Run]:
        self._enter_once()
        guard: Guard[Run] = Guard(self._make_course())
        self._guard = guard
        surround(guard)
        return guard

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._guard is None:
            raise NotEntered
        try:
            self._guard.end(error)
        finally:
            leave(self._guard)

    async def __aenter__(self) -> AsyncGuard[Run]:
        self._enter_once()
        guard: AsyncGuard[Run] = AsyncGuard(self._make_course())
        self._async_guard = guard
        surround_async(guard)
        return guard

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._async_guard is None:
            raise NotEntered
        try:
            await self._async_guard.end(error)
        finally:
            leave_async(self._async_guard)

    def _enter_once(self) -> None:
        try:
            self._entries.pop()
        except IndexError:
            raise EnteredTwice from None
