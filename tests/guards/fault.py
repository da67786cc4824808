"""A fault at one call to the outside: before its effect, after it, when its time is up, or by an exit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

Answer = TypeVar("Answer")
TIME_LIMIT = 0.01

BEFORE, AFTER, HANGS = "fails_before", "fails_after", "hangs"
KILLED_BEFORE, KILLED_AFTER = "killed_before", "killed_after"
FAILS, KILLED = (BEFORE, AFTER, HANGS), (KILLED_BEFORE, KILLED_AFTER)
ONCE, ALWAYS = 1, 99


@dataclass
class Fault:
    """Strikes the calls of `site`: before their effect, after it, when their time is up, or by an exit."""

    site: str
    kind: str
    times: int
    error: BaseException = field(init=False)

    def __post_init__(self) -> None:
        errors: dict[str, BaseException] = {HANGS: TimeoutError("no answer"), BEFORE: ConnectionError("lost")}
        self.error = SystemExit(3) if self.kind in KILLED else errors.get(self.kind, ConnectionError("reply lost"))

    @property
    def has_effect(self) -> bool:
        return self.kind in (AFTER, KILLED_AFTER)

    def at(self, site: str, work: Callable[[], Answer]) -> Answer:
        """Do `work` as the call of `site`."""
        if not self._strikes(site):
            return work()
        if self.has_effect:
            work()
        if self.kind == HANGS:
            threading.Event().wait(TIME_LIMIT)
        raise self.error

    async def at_async(self, site: str, work: Callable[[], Answer]) -> Answer:
        """The same in a coroutine, which hangs at an await. An undo action is left to the guard's own limit."""
        if self.kind != HANGS or site != self.site or self.times == 0:
            return self.at(site, work)
        self.times -= 1
        never = asyncio.Event().wait()
        if site.startswith("undo"):
            await never
        try:
            await asyncio.wait_for(never, TIME_LIMIT)
        except TimeoutError:
            raise self.error from None
        raise AssertionError

    def _strikes(self, site: str) -> bool:
        strikes = site == self.site and self.times > 0
        self.times -= strikes
        return strikes
