"""Cleanup: what a terminal run has left in the storage is deleted, and tried again until it is gone.

At once, as nobody holds a claim any more; and again after `cleanup_grace`, since a put that timed out, or a
worker that does not know yet that it lost its lease, may still write. Only the later pass clears the mark.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from deployment.causes import cause_of
from deployment.clock import utcnow
from deployment.idempotency import KEPT
from deployment.instants import NOW
from deployment.kept_inputs import keeps_inputs
from deployment.lifecycle.swap import swap
from deployment.models import Execution, FileStatus, with_files
from deployment.parts import Parts
from deployment.policy import Policy
from deployment.retention import TO_BE_PURGED, is_expired
from storage import StorageError, names

log = structlog.get_logger()

_DUE = sa.select(Execution).where(
    Execution.id == sa.bindparam("execution"), sa.or_(Execution.cleanup_due_at <= NOW, TO_BE_PURGED)
)
FIRST_RETRY = timedelta(seconds=1)


def clean_up(parts: Parts, execution_id: UUID) -> bool:
    """Delete what an ended run needs no more, if that is due and nobody else is at it; say whether it is done.

    Of a run whose result has expired that is everything, and the row says that it is purged.
    """
    with parts.database.writing() as session:
        execution = take(session, execution_id, parts.policy)
    if execution is None:
        return False
    purged = is_expired(execution)
    superfluous = [names.execution(execution_id)] if purged else leftovers(execution)
    try:
        for prefix in superfluous:
            parts.store.delete_prefix(prefix)
    except StorageError as error:
        log.warning("cleanup_postponed", execution_id=str(execution_id), error=cause_of(error))
        return False
    with parts.database.writing() as session:
        settle(session, execution, parts.policy, purged=purged)
    return True


def leftovers(execution: Execution) -> list[str]:
    """The prefixes that may hold something superfluous: inputs unless kept, outputs of attempts that did not win."""
    losers = [
        names.output_prefix(execution.id, file.id, attempt)
        for file in execution.files
        for attempt in range(1, file.attempt + 1)
        if not (file.status == FileStatus.SUCCESS and attempt == file.attempt)
    ]
    return losers if keeps_inputs(execution) else [names.inputs(execution.id), *losers]


def take(session: Session, execution_id: UUID, policy: Policy) -> Execution | None:
    """The run, if its cleanup is due; its due time moves ahead first, so no other process takes it too."""
    execution, now = with_files(session, session.scalar(_DUE, {"execution": execution_id})), utcnow()
    if execution is None or not swap(
        session,
        Execution,
        Execution.id == execution_id,
        Execution.cleanup_due_at.is_not_distinct_from(execution.cleanup_due_at),
        cleanup_due_at=now + _backoff(execution.cleanup_tries, policy),
        cleanup_tries=execution.cleanup_tries + 1,
    ):
        return None
    return execution


def settle(session: Session, execution: Execution, policy: Policy, *, purged: bool) -> None:
    """Of a run that was taken, everything is deleted by now: note when the next pass is due, if any."""
    swap(
        session,
        Execution,
        Execution.id == execution.id,
        Execution.cleanup_tries == execution.cleanup_tries + 1,
        cleanup_due_at=_next_pass(execution, policy),
        cleanup_tries=0,
        **(_purged(execution, policy) if purged else {}),
    )


def _purged(execution: Execution, policy: Policy) -> dict[str, datetime]:
    """The row is kept at least as long as the idempotency key that it holds."""
    now = utcnow()
    forget_at = (execution.expires_at or now) + policy.history_ttl
    return {"purged_at": now, "forget_at": max(forget_at, execution.created_at + KEPT)}


def _next_pass(execution: Execution, policy: Policy) -> datetime | None:
    late = (execution.ended_at or utcnow()) + policy.cleanup_grace
    return late if utcnow() < late else None


def _backoff(tries: int, policy: Policy) -> timedelta:
    """Doubling, and never longer than the promise allows: gone within the grace of the storage's return."""
    doublings = min(tries, 16)  # more would not fit into a timedelta, after an hour without the storage
    return max(FIRST_RETRY, min(FIRST_RETRY * (1 << doublings), policy.cleanup_grace))


@cache
def overdue_cleanups(limit: int) -> sa.Select[UUID]:
    """The ids of runs whose cleanup is due, the longest overdue first."""
    return (
        sa.select(Execution.id)
        .where(Execution.cleanup_due_at.is_not(None), Execution.cleanup_due_at <= NOW)
        .order_by(Execution.cleanup_due_at)
        .limit(limit)
    )
