"""Chores: what a terminal run still needs, from storages and receivers that may be slow, hang, or be gone.

Each kind has a loop of its own with a time budget, so that none delays a rescue, or the other kinds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
import structlog

from deployment import forgetting
from deployment.cleanup import clean_up, overdue_cleanups
from deployment.deliveries import deliver, overdue_deliveries
from deployment.parts import Parts
from deployment.reconcile.overdue import BATCH
from deployment.retention import expired

log = structlog.get_logger()

CHORE_SECONDS = 10.0
"""How long one round of a chore goes on before it looks anew at what is most overdue."""

Act = Callable[[Parts, Sequence[UUID], float], int]


@dataclass(frozen=True)
class Chore:
    """`due` asks for the ids of what is overdue; `act` does it for `at_once` of them, and says for how many it could.

    `act` is also told when the round ends, on the monotonic clock.
    """

    name: str
    due: Callable[[int], sa.Select[UUID]]
    act: Act
    at_once: int = 1


def one_by_one(act: Callable[[Parts, UUID], bool]) -> Act:
    """An act on many, of one on a single row that says whether it could be done."""
    return lambda parts, ids, _ends: sum(act(parts, row_id) for row_id in ids)


CHORES = (
    Chore("cleaned_up", overdue_cleanups, one_by_one(clean_up)),
    Chore("purged", expired, one_by_one(clean_up)),
    Chore("delivered", overdue_deliveries, one_by_one(deliver)),
    Chore("forgotten", forgetting.forgettable, forgetting.forget, forgetting.AT_ONCE),
)


def tend(parts: Parts, chore: Chore, seconds: float = CHORE_SECONDS) -> int:
    """One round: how many of what was due could be done; those left over are due in the next round."""
    ends, done = time.monotonic() + seconds, 0
    with parts.database.reading() as session:
        ids = session.scalars(chore.due(BATCH)).all()
    for start in range(0, len(ids), chore.at_once):
        if time.monotonic() >= ends:
            break
        done += _acted(parts, chore, ids[start : start + chore.at_once], ends)
    return done


def _acted(parts: Parts, chore: Chore, ids: Sequence[UUID], ends: float) -> int:
    """What cannot be dealt with holds up nothing else (promise 5): `act` has moved its due time ahead."""
    try:
        return chore.act(parts, ids, ends)
    except Exception:
        log.exception("chore_postponed", chore=chore.name, ids=[str(row_id) for row_id in ids])
        return 0
