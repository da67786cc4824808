"""What a guard knows about its run: the token, the id, the phase, what to undo and what was decided.

Everything that a failure needs is written here at once, so that settling it can be begun anew wherever an
exception from outside has cut it off.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .errors import AlreadyDispatched, AlreadyEnded, AlreadyOpened, CannotAdopt, NoRunId, NotOpened
from .events import Event, Happening, heard, publish
from .outcome import Mark, Outcome
from .phases import DISPATCHED, ENDED, NEW, OPEN
from .rehearsal import StagedLedger, current_rehearsal
from .undo import Undo, UndoStack

_entered = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long undoing may take, in seconds: one coroutine, and all actions together."""

    undo_seconds: float = 10.0
    """A coroutine is cancelled after that long, and left alone if it goes on. Plain functions bound themselves."""
    total_seconds: float = 30.0
    """After that long no further action is started; those left are undo failures."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who won, and so whether to undo and whether the run goes on."""

    mark: Mark
    undo: bool
    dispatched: bool = False


class Course:
    """One run's way from its row to the queue. Guards drive it; `settlement` ends it when a step fails."""

    # Defaults of the class, so that a run that goes well does not pay for what only a failure needs.
    run: Any = None
    phase = NEW
    settling = False
    refused = False
    reason = ""
    decision: Decision | None = None
    outcome: Outcome | None = None
    undo_ends: float | None = None
    """On the monotonic clock."""
    unanswered: BaseException | None = None
    """Why the ledger gave no answer, the last time that it gave none."""
    interrupt: BaseException | None = None
    """The first exception from outside that came while a failure was settled."""

    def __init__(self, ledger: Any, run_id: Callable[[Any], Any] | None, limits: Limits) -> None:
        self.rehearsal = current_rehearsal()
        self.ledger: Any = StagedLedger(self.rehearsal) if self.rehearsal else ledger
        self.limits, self._run_id = limits, run_id
        self.token = os.urandom(16).hex()
        self.serial = next(_entered)
        self.undo = UndoStack()
        self._tries: dict[str, int] = {}
        self._open_once, self._dispatch_once = [None], [None]

    def begin_open(self) -> None:
        """Of several that open, also from several threads, one may."""
        self._require_live()
        if not _took(self._open_once):
            raise AlreadyOpened

    def begin_adopt(self) -> None:
        if not hasattr(self.ledger, "adopt"):
            raise CannotAdopt
        self.begin_open()

    def open_failed(self) -> None:
        """There is no row: it may be tried again."""
        self._open_once.append(None)

    def opened(self, row: Any) -> None:
        self.own(self._id_of(row))

    def own(self, run: Any) -> None:
        """From here on `run` is ours to mark."""
        self.run, self.phase = run, OPEN
        self.publish(Happening.OPENED)

    def begin_dispatch(self) -> None:
        """Of several that dispatch, also from several threads, one may."""
        self._require_live()
        if self.phase is NEW:
            raise NotOpened
        if not _took(self._dispatch_once):
            raise AlreadyDispatched

    def dispatched(self) -> None:
        self.phase = DISPATCHED
        self.publish(Happening.DISPATCHED)

    def on_failure(self, action: Undo) -> None:
        """Register first, look after: settling, in another thread, takes the action or leaves it to the caller."""
        self.undo.push(action)
        over = self.settling or self.phase is DISPATCHED or self.phase is ENDED
        if over and self.undo.withdraw(action):
            self._require_live()

    def has_try(self, what: str, tries: int) -> bool:
        """Whether `what` may be tried once more, and if so, count it."""
        self._tries[what] = self._tries.get(what, 0) + 1
        return self._tries[what] <= tries

    @property
    def interrupts(self) -> int:
        """How many exits settling survives: two for each thing that it does, and some between them."""
        return 16 + 2 * (len(self.undo.waiting) + len(self.undo.done))

    def disturbed(self, by: BaseException) -> None:
        """Remember what has cut off the settling: it is raised in the end, unless the first error is of its kind."""
        if self.interrupt is None and not isinstance(by, Exception):
            self.interrupt = by

    @property
    def goes_on(self) -> bool:
        """Enqueueing raised, but a worker has the run all the same."""
        return self.decision is not None and self.decision.dispatched

    def publish(self, what: Happening, **more: Any) -> None:
        if self.rehearsal is None and not heard(what):
            return
        event = Event(what, self.run, self.token, **more)
        publish(event)
        if self.rehearsal is not None:
            self.rehearsal.told(event)

    def outcome_of(self, decision: Decision) -> Outcome:
        return Outcome(self.run, self.reason, decision.mark, decision.dispatched, self.refused, self.undo.failures)

    def _id_of(self, row: Any) -> Any:
        try:
            run = self._run_id(row) if self._run_id else row.id
        except AttributeError as error:
            raise NoRunId(f"Opened was: {type(row).__name__}.") from error
        if run is None:
            raise NoRunId(f"The id of the {type(row).__name__} is None: flush or commit it first.")
        return run

    def _require_live(self) -> None:
        if self.phase is DISPATCHED:
            raise AlreadyDispatched
        if self.settling or self.phase is ENDED:
            raise AlreadyEnded


def _took(tickets: list[None]) -> bool:
    # Taking from a list is atomic, and cannot leave a lock behind when an exception strikes.
    try:
        tickets.pop()
    except IndexError:
        return False
    return True
