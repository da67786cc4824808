"""What became of a run that was not dispatched as planned, and how an exception carries it to the caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

_ATTRIBUTE = "__pre_dispatch_outcomes__"


class Mark(Enum):
    """What became of the error mark on the row."""

    MADE = auto()
    """The row is an error, with the reason, and this guard made it one."""
    LOST = auto()
    """Somebody else had moved the row: read it to know how it ended."""
    FAILED = auto()
    """The ledger could not be reached before the seal: the row will be an error once a reconciler has seen it."""
    UNKNOWN = auto()
    """The row may be sealed, and could not be read: nothing was undone, and nobody may say that it failed."""
    NONE = auto()
    """There was nothing to mark: the failure came after the dispatch."""


@dataclass(frozen=True, slots=True)
class UndoFailure:
    """An undo action that failed or was not started: its name, and why."""

    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a guarded run stands after a failure. Plain data: it can be pickled, logged and sent."""

    run: Any
    """The run's id."""
    reason: str
    """Type and message of the first error: redacted, never empty, not shortened."""
    mark: Mark
    dispatched: bool = False
    """The queue or a worker has the run: the failure is not the run's."""
    refused: bool = False
    """The queue is known not to have the work: what it raised was named in `refused=`."""
    undo_failures: tuple[UndoFailure, ...] = ()

    @property
    def failed(self) -> bool:
        """The run is over as an error, or will be: it is safe to tell so. If not, read the row, or say nothing."""
        return self.mark is Mark.MADE or self.mark is Mark.FAILED

    @property
    def unknown(self) -> bool:
        """Nobody knows yet whether the run goes on."""
        return self.mark is Mark.UNKNOWN


def outcome_of(error: BaseException) -> Outcome | None:
    """The outcome that `error` carries out of the outermost guard with a row that it has left.

    None: there was no row of ours, since `open` raised, or no guard at all.
    """
    outcomes = outcomes_of(error)
    return outcomes[-1] if outcomes else None


def outcomes_of(error: BaseException) -> tuple[Outcome, ...]:
    """The outcomes of all nested guards that `error` has left, the innermost first."""
    return tuple(outcome for _, outcome in _carried(error))


def attach(error: BaseException, outcome: Outcome | None, entered: int) -> None:
    """Let `error` carry `outcome` beside those of guards nested in this one, which was entered as the n-th.

    What the error brought from before is dropped: some code raises one and the same instance again and again.
    """
    nested = [(serial, inner) for serial, inner in _carried(error) if serial > entered]
    if outcome is not None:
        nested.append((entered, outcome))
    # Past a `__setattr__` that refuses, as that of a frozen dataclass.
    BaseException.__setattr__(error, _ATTRIBUTE, nested)


def note(error: BaseException, text: str) -> None:
    """Add a note to `error`, also to one that refuses to be written to."""
    notes = getattr(error, "__notes__", None)
    BaseException.__setattr__(error, "__notes__", [*(notes or ()), text])


def _carried(error: BaseException) -> Sequence[tuple[int, Outcome]]:
    carried: Sequence[tuple[int, Outcome]] = getattr(error, _ATTRIBUTE, ())
    return carried
