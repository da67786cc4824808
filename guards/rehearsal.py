"""A switch for tests: within `rehearse()` every guard of the process has a ledger in memory, and crashes where told.

So an application's handlers can be tested at each boundary without a database, and without patching anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from .events import Event, Happening
from .ledger import AdoptingLedger, Standing
from .memory import MemoryLedger, Row

Answer = TypeVar("Answer")
Method = Literal["adopt", "seal", "mark_error", "standing"]


@dataclass
class _Crash:
    error: BaseException
    point: tuple[str, str]
    times: int


class Rehearsal:
    """What `rehearse()` gives: the rows, the events, and where to crash."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger[Any]()
        self.events: list[Event] = []
        self._crashes: list[_Crash] = []

    def crash(
        self,
        error: BaseException,
        *,
        at: Happening | None = None,
        before: Method | None = None,
        after: Method | None = None,
        times: int = 1,
    ) -> None:
        """Raise `error`, the next `times`, right after an event, or before or after a call of the ledger.

        `before` is a request that was lost, `after` a lost answer. An event is told when its step is done: `at`
        OPENED is between the row and the first step, SEALED between the seal and the queue.
        """
        points = [("at", at), ("before", before), ("after", after)]
        self._crashes += [_Crash(error, (when, str(what)), times) for when, what in points if what]

    def row(self, run: Any) -> Row:
        """The row of a run that a guard has opened or adopted. Raises `KeyError` if none has."""
        return self.ledger.rows[run]

    def happened(self, run: Any) -> list[Happening]:
        """What happened to a run, in order."""
        return [event.what for event in self.events if event.run == run]

    def told(self, event: Event) -> None:
        """Called by guards."""
        if event.what is Happening.OPENED and event.run not in self.ledger.rows:
            self.ledger.add(event.run, event.token)
        self.events.append(event)
        self.reach("at", event.what)

    def reach(self, when: str, what: str) -> None:
        """Called at each point: crash here, if that was asked for."""
        for crash in self._crashes:
            if crash.point == (when, str(what)) and crash.times > 0:
                crash.times -= 1
                raise crash.error


class StagedLedger(AdoptingLedger[Any]):
    """The ledger in memory, with a point to crash at before and after each call."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal, self._ledger = rehearsal, rehearsal.ledger

    def adopt(self, run: Any, token: str) -> bool:
        if run not in self._ledger.rows:
            self._ledger.add(run, None)
        return self._call("adopt", lambda: self._ledger.adopt(run, token))

    def seal(self, run: Any, token: str) -> bool:
        return self._call("seal", lambda: self._ledger.seal(run, token))

    def mark_error(self, run: Any, reason: str, token: str, *, sealed: bool) -> bool:
        return self._call("mark_error", lambda: self._ledger.mark_error(run, reason, token, sealed=sealed))

    def standing(self, run: Any, token: str) -> Standing:
        return self._call("standing", lambda: self._ledger.standing(run, token))

    def _call(self, method: Method, work: Callable[[], Answer]) -> Answer:
        self._rehearsal.reach("before", method)
        answer = work()
        self._rehearsal.reach("after", method)
        return answer


_stage: Rehearsal | None = None


def current_rehearsal() -> Rehearsal | None:
    """The rehearsal that guards made now take part in, in whatever thread."""
    return _stage


@contextmanager
def rehearse() -> Iterator[Rehearsal]:
    """Until the block ends, guards use the rehearsal's ledger in the place of theirs.

    Raises `RuntimeError` if there is a rehearsal already.
    """
    global _stage
    if _stage is not None:
        raise RuntimeError("there is a rehearsal already: one process can have one at a time")
    _stage = Rehearsal()
    try:
        yield _stage
    finally:
        _stage = None
