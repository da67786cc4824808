"""Looking at executions: with what a reply needs, repaired first if they are overdue, and awaited."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from deployment.clock import utcnow
from deployment.lifecycle.swap import swap
from deployment.models import LIVE, Deployment, Execution, ExecutionStatus
from deployment.parts import Parts
from deployment.reconcile import repair

FOLLOW_SECONDS = 0.1


def find_execution(parts: Parts, execution_id: UUID) -> Execution | None:
    """The run with its files, deployment and organisation; if it is overdue, it makes its next move first."""
    execution = _load(parts, execution_id)
    if execution is not None and _overdue(parts, execution):
        repair(parts, Execution.id == execution_id)
        execution = _load(parts, execution_id)
    return execution


def wait_for_end(parts: Parts, execution_id: UUID, seconds: float) -> Execution | None:
    """The run as soon as it has ended, or as it stands after `seconds`."""
    ends = time.monotonic() + seconds
    with parts.wakeups.waiting(execution_id) as waiter:
        while _status(parts, execution_id) in LIVE and (left := ends - time.monotonic()) > 0:
            waiter.wait(left)
    return find_execution(parts, execution_id)


def follow(parts: Parts, execution_id: UUID) -> Iterator[Execution]:
    """The run as it stands, again and again, until it has ended; a rescue that is due is made on the way."""
    while (execution := find_execution(parts, execution_id)) is not None:
        yield execution
        if not execution.live:
            return
        time.sleep(FOLLOW_SECONDS)


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


def _load(parts: Parts, execution_id: UUID) -> Execution | None:
    with parts.database.reading() as session:
        return session.scalar(_whole().where(Execution.id == execution_id))


def _whole() -> sa.Select[Execution]:
    deployment = joinedload(Execution.deployment).joinedload(Deployment.organization)
    return sa.select(Execution).options(deployment, selectinload(Execution.files))


def _overdue(parts: Parts, execution: Execution) -> bool:
    late = utcnow() - parts.policy.clock_skew
    leases = [execution.lease_expires_at, *(file.lease_expires_at for file in execution.files)]
    return execution.live and any(lease is not None and lease <= late for lease in leases)


def _status(parts: Parts, execution_id: UUID) -> str | None:
    with parts.database.reading() as session:
        return _status_of(session, execution_id)


def _status_of(session: Session, execution_id: UUID) -> str | None:
    return session.scalar(sa.select(Execution.status).where(Execution.id == execution_id))
