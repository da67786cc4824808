"""Chores: what a terminal run still needs, from storages and receivers that may be slow, hang, or be gone.

Each kind has a loop of its own with a time budget, so that none delays a rescue, or the other kinds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
import structlog

from deployment.cleanup import clean_up, overdue_cleanups
from deployment.deliveries import deliver, overdue_deliveries
from deployment.parts import Parts
from deployment.reconcile.overdue import BATCH
from deployment.retention import expired

log = structlog.get_logger()

CHORE_SECONDS = 10.0
"""How long one round of a chore goes on before it looks anew at what is most overdue."""


@dataclass(frozen=True)
class Chore:
    """`due` asks for the ids of what is overdue, `act` does it and says whether it could be done."""

    name: str
    due: Callable[[int], sa.Select[UUID]]
    act: Callable[[Parts, UUID], bool]


CHORES = (
    Chore("cleaned_up", overdue_cleanups, clean_up),
    Chore("purged", expired, clean_up),
    Chore("delivered", overdue_deliveries, deliver),
)


def tend(parts: Parts, chore: Chore, seconds: float = CHORE_SECONDS) -> int:
    """One round: how many of what was due could be done; those left over are due in the next round."""
    ends, done = time.monotonic() + seconds, 0
    with parts.database.reading() as session:
        ids = session.scalars(chore.due(BATCH)).all()
    for row_id in ids:
        if time.monotonic() >= ends:
            break
        done += _acted(parts, chore, row_id)
    return done


def _acted(parts: Parts, chore: Chore, row_id: UUID) -> bool:
    """One row that cannot be dealt with holds up no other (promise 5): `act` has moved its due time ahead."""
    try:
        return chore.act(parts, row_id)
    except Exception:
        log.exception("chore_postponed", chore=chore.name, id=str(row_id))
        return False
