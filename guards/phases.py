"""The phases of a guard, in their order."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where a guard is. It only moves forward, and from each of them straight to ENDED if a step fails."""

    NEW = "new"
    """Entered; there is no row yet."""
    OPEN = "open"
    """The row is there, committed, and ours."""
    SEALING = "sealing"
    """The seal is being committed; until the ledger has answered nobody knows how it stands."""
    SEALED = "sealed"
    """The point of no return is passed; the work is being enqueued."""
    DISPATCHED = "dispatched"
    """The queue or a worker has the work. Nothing that happens now is the guard's business."""
    ENDED = "ended"
    """The block is left, or a failure is settled."""


# Python 3.11 looks up a member of an enumeration by a function of its own, and a guard asks for its phase often.
NEW, OPEN, SEALING, SEALED, DISPATCHED, ENDED = Phase
