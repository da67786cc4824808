"""Plays one run with a fault in it, plainly and asynchronously, on a ledger whose every call passes by the fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from guards import Limits, Standing, pre_dispatch_guard
from tests.guards.fault import Fault
from tests.guards.runs import Ground

LIMITS = Limits(undo_seconds=0.02)
BEFORE_SITE = {"standing": "seal", "standing_sealed": "seal", "mark_sealed": "enqueue"}
"""Sites that are only reached when another call has failed: which one. The rest need a failed step, or nothing."""
SITUATIONS = {
    "mark": ("mark", "mark_sealed"),
    "standing": ("standing", "standing_sealed"),
    "enqueue": ("enqueue", "enqueue_claimed"),
}
NEEDS_A_FAILED_STEP = ("mark", "undo_first", "undo_second")


@dataclass
class Stage:
    """The world of one run: the fault, the error that made it necessary, and which undo action fails."""

    fault: Fault
    undo_fails: str | None
    ground: Ground = field(default_factory=Ground)
    first: Exception = field(default_factory=lambda: OSError("first"))
    raised: BaseException | None = None
    guard: Any = None
    late_seal: Callable[[], object] | None = None
    """The seal is committed after the settling has looked at the row; then this happens."""

    def call(self, site: str, work: Callable[[], Any]) -> Any:
        """The call of `site`, which the fault may strike. Called from the plain run."""
        return self.fault.at(self.site_of(site), lambda: self.effect(site, work))

    async def call_async(self, site: str, work: Callable[[], Any]) -> Any:
        return await self.fault.at_async(self.site_of(site), lambda: self.effect(site, work))

    def site_of(self, call: str) -> str:
        """Some sites are the same call in another situation: `mark_sealed` is `mark` after the seal."""
        return self.fault.site if self.fault.site in SITUATIONS.get(call, ()) else call

    def effect(self, site: str, work: Callable[[], Any]) -> Any:
        """What the call does, if it is not the one that has to fail for the fault's site to be reached."""
        if BEFORE_SITE.get(self.fault.site) == site:
            if self.fault.site == "standing_sealed":
                work()
            raise self.first
        done = work()
        if site == "enqueue" and self.fault.site == "enqueue_claimed":
            self.ground.work()
        if site == "step" and self.fault.site in NEEDS_A_FAILED_STEP:
            raise self.first
        return done

    def undo(self, which: str) -> None:
        if self.undo_fails == which:
            raise PermissionError(f"may not undo {which}")
        self.ground.undone.append(which)


class Watched:
    """The ledger in memory, each call passing by the fault."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._ledger, self._looks = stage, stage.ground.ledger, 0

    def seal(self, run: int, token: str) -> bool:
        return bool(self._stage.call("seal", lambda: self._ledger.seal(run, token)))

    def mark_error(self, run: int, reason: str, token: str, *, sealed: bool) -> bool:
        mark = partial(self._ledger.mark_error, run, reason, token, sealed=sealed)
        return bool(self._stage.call("mark", mark))

    def standing(self, run: int, token: str) -> Standing:
        standing: Standing = self._stage.call("standing", lambda: self._ledger.standing(run, token))
        self._looks += 1
        if self._stage.late_seal and self._looks == 2:
            self._ledger.seal(run, token)
            self._stage.late_seal()
        return standing


class WatchedAsync:
    """The same, as coroutines."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._ledger = stage, stage.ground.ledger

    async def seal(self, run: int, token: str) -> bool:
        return bool(await self._stage.call_async("seal", lambda: self._ledger.seal(run, token)))

    async def mark_error(self, run: int, reason: str, token: str, *, sealed: bool) -> bool:
        mark = partial(self._ledger.mark_error, run, reason, token, sealed=sealed)
        return bool(await self._stage.call_async("mark", mark))

    async def standing(self, run: int, token: str) -> Standing:
        standing: Standing = await self._stage.call_async("standing", lambda: self._ledger.standing(run, token))
        return standing


def plain(stage: Stage) -> None:
    with pre_dispatch_guard(Watched(stage), limits=LIMITS) as stage.guard:
        guard = stage.guard
        guard.open(stage.ground.create, guard.token)
        for which in ("first", "second"):
            guard.on_failure(stage.call, f"undo_{which}", lambda which=which: stage.undo(which))
        stage.call("step", lambda: None)
        guard.dispatch(lambda: stage.call("enqueue", lambda: stage.ground.enqueue(1)))
        stage.call("after", lambda: None)


async def _asynchronous(stage: Stage) -> None:
    async with pre_dispatch_guard(WatchedAsync(stage), limits=LIMITS) as stage.guard:
        guard, call = stage.guard, stage.call_async
        await guard.open(stage.ground.create, guard.token)
        for which in ("first", "second"):
            guard.on_failure(call, f"undo_{which}", lambda which=which: stage.undo(which))
        await call("step", lambda: None)
        await guard.dispatch(call, "enqueue", lambda: stage.ground.enqueue(1))
        await call("after", lambda: None)


def asynchronous(stage: Stage) -> None:
    asyncio.run(_asynchronous(stage))


Run = Callable[[Stage], None]


def played(run: Run, stage: Stage) -> Stage:
    """Run it, and keep what comes out."""
    try:
        run(stage)
    except BaseException as error:
        stage.raised = error
    return stage
