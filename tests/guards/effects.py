"""The table of `test_effects`: a fault at one call to the outside, and what one must see afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from guards import Mark
from guards.memory import State
from tests.guards.fault import AFTER, ALWAYS, BEFORE, FAILS, HANGS, KILLED, KILLED_AFTER, KILLED_BEFORE, ONCE


class Raised(Enum):
    """What comes out of the block."""

    NOTHING = auto()
    FIRST = auto()
    """The error of the step that failed before the fault struck."""
    FAULT = auto()
    """The fault's own error."""


@dataclass(frozen=True)
class Expected:
    """The row's state; whether the inputs are undone; the outcome's mark, None for no outcome; what comes out."""

    state: State
    undone: bool
    mark: Mark | None
    raised: Raised


@dataclass(frozen=True)
class Case:
    """One fault, with its id of the fault matrix where it has one, and what must follow."""

    id: str
    site: str
    kind: str
    times: int
    expected: Expected

    @property
    def name(self) -> str:
        return "-".join(filter(None, (self.id, self.site, self.kind, "always" if self.times == ALWAYS else "")))


OPEN, SEALED, CLAIMED, FAILED = State.OPEN, State.SEALED, State.CLAIMED, State.FAILED
FIRST, FAULT, NOTHING = Raised.FIRST, Raised.FAULT, Raised.NOTHING
TAKEN_BACK = (FAILED, True, Mark.MADE)
UNDECIDED = (False, Mark.UNKNOWN)

# Where the fault is, which one, how often; then the row, whether it is undone, the mark, and what comes out.
TABLE: list[tuple[str, str, tuple[str, ...], int, State, bool, Mark | None, Raised]] = [
    ("a1", "step", (BEFORE, AFTER), ONCE, *TAKEN_BACK, FAULT),
    ("a2", "step", (HANGS,), ONCE, *TAKEN_BACK, FAULT),
    ("a4", "step", KILLED, ONCE, *TAKEN_BACK, FAULT),
    ("", "seal", (BEFORE, HANGS), ONCE, *TAKEN_BACK, FAULT),
    ("", "seal", (AFTER,), ONCE, SEALED, False, None, NOTHING),
    ("a4", "seal", KILLED, ONCE, *TAKEN_BACK, FAULT),
    # The mark of a failed step: nothing has been dispatched, so everything is undone, whatever the ledger says.
    ("a5", "mark", FAILS, ONCE, *TAKEN_BACK, FIRST),
    ("a5", "mark", KILLED, ONCE, *TAKEN_BACK, FAULT),
    ("a5", "mark", (BEFORE, HANGS), ALWAYS, OPEN, True, Mark.FAILED, FIRST),
    ("a5", "mark", (AFTER,), ALWAYS, FAILED, True, Mark.FAILED, FIRST),
    ("a5", "mark", (KILLED_BEFORE,), ALWAYS, OPEN, True, Mark.FAILED, FAULT),
    ("a5", "mark", (KILLED_AFTER,), ALWAYS, FAILED, True, Mark.FAILED, FAULT),
    # The mark after the queue has refused: a worker may have the run, so without an answer nothing is undone.
    ("a5", "mark_sealed", FAILS, ONCE, *TAKEN_BACK, FIRST),
    ("a5", "mark_sealed", KILLED, ONCE, *TAKEN_BACK, FAULT),
    ("a5", "mark_sealed", (BEFORE, HANGS), ALWAYS, SEALED, *UNDECIDED, FIRST),
    ("a5", "mark_sealed", (AFTER,), ALWAYS, FAILED, *UNDECIDED, FIRST),
    ("a5", "mark_sealed", (KILLED_BEFORE,), ALWAYS, SEALED, *UNDECIDED, FAULT),
    ("a5", "mark_sealed", (KILLED_AFTER,), ALWAYS, FAILED, *UNDECIDED, FAULT),
    # The look at the row when the seal has raised: without it nobody knows whether it is sealed.
    ("", "standing", FAILS, ONCE, *TAKEN_BACK, FIRST),
    ("", "standing", KILLED, ONCE, *TAKEN_BACK, FAULT),
    ("", "standing", FAILS, ALWAYS, OPEN, *UNDECIDED, FIRST),
    ("", "standing", KILLED, ALWAYS, OPEN, *UNDECIDED, FAULT),
    ("", "standing_sealed", FAILS, ONCE, *TAKEN_BACK, FIRST),
    ("", "standing_sealed", KILLED, ONCE, *TAKEN_BACK, FAULT),
    ("", "standing_sealed", FAILS, ALWAYS, SEALED, *UNDECIDED, FIRST),
    ("", "standing_sealed", KILLED, ALWAYS, SEALED, *UNDECIDED, FAULT),
    ("a7", "enqueue", (BEFORE, HANGS), ONCE, *TAKEN_BACK, FAULT),
    ("a8", "enqueue", (AFTER,), ONCE, *TAKEN_BACK, FAULT),
    ("a4", "enqueue", KILLED, ONCE, *TAKEN_BACK, FAULT),
    ("a8", "enqueue_claimed", (AFTER,), ONCE, CLAIMED, False, Mark.LOST, NOTHING),
    ("a8", "enqueue_claimed", (KILLED_AFTER,), ONCE, CLAIMED, False, Mark.LOST, FAULT),
    *(
        ("a6", site, kinds, times, *TAKEN_BACK, raised)
        for site in ("undo_first", "undo_second")
        for kinds, raised in ((FAILS, FIRST), (KILLED, FAULT))
        for times in (ONCE, ALWAYS)
    ),
    ("a9", "after", (*FAILS, *KILLED), ONCE, SEALED, False, Mark.NONE, FAULT),
]

UNDO_FAILS = {None: "", "first": "-first_undo_fails", "second": "-second_undo_fails"}


def cases() -> Iterator[Case]:
    for fault, site, kinds, times, state, undone, mark, raised in TABLE:
        for kind in kinds:
            yield Case(fault, site, kind, times, Expected(state, undone, mark, raised))


def combinations() -> dict[str, tuple[Case, str | None]]:
    """Each case with each undo action failing, but for the one that the fault itself strikes; by name."""
    return {
        case.name + suffix: (case, which)
        for case in cases()
        for which, suffix in UNDO_FAILS.items()
        if case.site != f"undo_{which}"
    }
