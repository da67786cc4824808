"""Retention: results, and inputs that were kept, go when `RESULT_TTL` is over; the row stays and says so."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
import structlog

from deployment.clock import utcnow
from deployment.lifecycle.swap import swap
from deployment.models import Execution
from deployment.parts import Parts
from storage import StorageError, names

log = structlog.get_logger()


def purge(parts: Parts, execution_id: UUID) -> bool:
    """Delete every object of an expired run and note that it is done; safe to repeat, and to do twice at once."""
    try:
        parts.store.delete_prefix(names.execution(execution_id))
    except StorageError as error:
        log.warning("purge_postponed", execution_id=str(execution_id), error=str(error))
        return False
    with parts.database.writing() as session:
        return swap(
            session,
            Execution,
            Execution.id == execution_id,
            Execution.purged_at.is_(None),
            purged_at=utcnow(),
        )


def expired(limit: int) -> sa.Select[UUID]:
    """The ids of runs whose results have expired and are still stored."""
    return (
        sa.select(Execution.id)
        .where(Execution.expires_at.is_not(None), Execution.expires_at <= utcnow(), Execution.purged_at.is_(None))
        .order_by(Execution.expires_at)
        .limit(limit)
    )
