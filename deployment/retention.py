"""Retention: results, and inputs that were kept, go when `RESULT_TTL` is over; the row says so until it is forgotten.

An expired run is one whose cleanup is due once more, for everything that it has stored: `cleanup` does it, so
that one which fails is tried again with the same backoff, and holds up no other.
"""

from __future__ import annotations

from functools import cache
from uuid import UUID

import sqlalchemy as sa

from deployment.clock import utcnow
from deployment.instants import NOW
from deployment.models import Execution

TO_BE_PURGED = sa.and_(
    Execution.expires_at.is_not(None),
    Execution.expires_at <= NOW,
    Execution.purged_at.is_(None),
    Execution.cleanup_due_at.is_(None),
)
"""Expired, still stored, and with no other cleanup that is due: that one would purge it, too."""


def is_expired(execution: Execution) -> bool:
    """Whether an ended run has kept its result for as long as was promised."""
    return execution.expires_at is not None and execution.expires_at <= utcnow()


def expiry(execution: Execution) -> str:
    """What whoever asks for an expired result is told."""
    return f"The result expired at {execution.expires_at.isoformat() if execution.expires_at else 'its end'}"


@cache
def expired(limit: int) -> sa.Select[UUID]:
    """The ids of expired runs that nobody has begun to purge, the longest expired first."""
    return sa.select(Execution.id).where(TO_BE_PURGED).order_by(Execution.expires_at).limit(limit)
