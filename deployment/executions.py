"""Looking at executions: with what a reply needs, repaired first if they are overdue, and awaited."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import joinedload

from deployment.clock import utcnow
from deployment.database import Database
from deployment.lifecycle.swap import swap
from deployment.models import LIVE, Deployment, Execution, ExecutionStatus, with_files
from deployment.parts import Parts
from deployment.reconcile import repair
from deployment.wakeups import Waiter

_RUN = (
    sa.select(Execution)
    .options(joinedload(Execution.deployment).joinedload(Deployment.organization))
    .where(Execution.id == sa.bindparam("execution"))
)
_STATUS = sa.select(Execution.status).where(Execution.id == sa.bindparam("execution"))

log = structlog.get_logger()

FOLLOW_SECONDS = 10.0
"""After so long a follower looks without having been woken, and sees whether a rescue is due."""


def find_execution(parts: Parts, execution_id: UUID) -> Execution | None:
    """The run with its files, deployment and organisation; if it is overdue, it makes its next move first."""
    execution = _load(parts, execution_id)
    if execution is not None and _overdue(parts, execution):
        repair(parts, Execution.id == execution_id)
        execution = _load(parts, execution_id)
    return execution


def decided(parts: Parts, execution_id: UUID) -> Execution | None:
    """The run whose dispatch raised, if its row says what became of it: it is sealed, or has ended.

    None while nobody can know, also because the row cannot be read. Nothing may be promised for such a run: what was
    accepted would have to be executed.
    """
    try:
        execution = find_execution(parts, execution_id)
    except Exception:
        log.exception("row_not_readable", execution_id=str(execution_id))
        return None
    return execution if execution and not (execution.live and execution.sealed_at is None) else None


def wait_for_end(
    parts: Parts, execution_id: UUID, seconds: float, wanted: Callable[[], bool] = lambda: True
) -> Execution | None:
    """The run as soon as it has ended, or as it stands after `seconds`, or when it is not `wanted` any more."""
    ends = time.monotonic() + seconds
    with parts.wakeups.waiting(execution_id) as waiter:
        while _status(parts, execution_id) in LIVE and _is_to_look(waiter, ends, wanted):
            pass
    return find_execution(parts, execution_id)


def follow(parts: Parts, execution_id: UUID) -> Iterator[Execution]:
    """The run as it stands, again and again, until it has ended: read anew when it may have changed."""
    with parts.wakeups.waiting(execution_id) as waiter:
        while (execution := find_execution(parts, execution_id)) is not None:
            yield execution
            if not execution.live:
                return
            ends = time.monotonic() + FOLLOW_SECONDS
            while (left := ends - time.monotonic()) > 0 and not waiter.wait(left):
                yield execution


def ended_among(database: Database, execution_ids: Collection[UUID]) -> Sequence[UUID]:
    """Those of these runs that have ended, or are not there any more."""
    live = sa.select(Execution.id).where(Execution.id.in_(execution_ids), Execution.status.in_(LIVE))
    with database.reading() as session:
        return list(set(execution_ids) - set(session.scalars(live)))


def acknowledge(parts: Parts, execution: Execution) -> bool:
    """Note the first reading of a single-use result; of two readers at once, one gets True."""
    with parts.database.writing() as session:
        return swap(
            session,
            Execution,
            Execution.id == execution.id,
            Execution.status == ExecutionStatus.COMPLETED,
            Execution.acknowledged_at.is_(None),
            acknowledged_at=utcnow(),
        )


def _is_to_look(waiter: Waiter, ends: float, wanted: Callable[[], bool]) -> bool:
    """Whether the waiter has been woken before the time was over."""
    while wanted() and (left := ends - time.monotonic()) > 0:
        if waiter.wait(left):
            return True
    return False


def _load(parts: Parts, execution_id: UUID) -> Execution | None:
    with parts.database.reading() as session:
        return with_files(session, session.scalar(_RUN, {"execution": execution_id}))


def _overdue(parts: Parts, execution: Execution) -> bool:
    late = utcnow() - parts.policy.clock_skew
    leases = [execution.lease_expires_at, *(file.lease_expires_at for file in execution.files)]
    return execution.live and any(lease is not None and lease <= late for lease in leases)


def _status(parts: Parts, execution_id: UUID) -> str | None:
    with parts.database.reading() as session:
        return session.scalar(_STATUS, {"execution": execution_id})
