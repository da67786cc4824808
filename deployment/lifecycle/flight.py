"""Which files of a run are in flight: queued or being worked on, a few at a time, in their order."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.clock import utcnow
from deployment.database import note_change
from deployment.dispatch import Ticket
from deployment.lifecycle.swap import swap
from deployment.models import Execution, ExecutionFile, FileStatus
from deployment.policy import Policy

IN_FLIGHT = (FileStatus.QUEUED, FileStatus.EXECUTING)

_FILL_FIRST = (
    sa.update(ExecutionFile)
    .where(
        ExecutionFile.execution_id == sa.bindparam("execution"),
        ExecutionFile.ordinal < sa.bindparam("files"),
        ExecutionFile.status == FileStatus.WAITING,
    )
    .values(status=FileStatus.QUEUED, dispatch=1, lease_expires_at=sa.bindparam("lease"))
    .execution_options(synchronize_session=False)
)


def fill(session: Session, execution: Execution, policy: Policy) -> list[Ticket]:
    """Queue waiting files, in order, until `files_in_flight` are; return tickets to enqueue after the commit.

    A file that is to be retried waits until then. The caller holds the lock of the execution.
    """
    of_this_run = ExecutionFile.execution_id == execution.id
    waiting = session.scalars(
        sa.select(ExecutionFile)
        .where(of_this_run, ExecutionFile.status == FileStatus.WAITING, _is_its_time())
        .order_by(ExecutionFile.ordinal)
        .limit(policy.files_in_flight)
    ).all()
    if not waiting:
        return []
    in_flight = session.scalar(
        sa.select(sa.func.count()).select_from(ExecutionFile).where(of_this_run, ExecutionFile.status.in_(IN_FLIGHT))
    )
    free = policy.files_in_flight - (in_flight or 0)
    return [_queue(session, file, policy) for file in waiting[: max(free, 0)]]


def fill_first(session: Session, execution_id: UUID, policy: Policy) -> None:
    """Queue the first files of a run that is being sealed: none is in flight yet, so nothing has to be asked."""
    note_change(session, execution_id)
    lease = utcnow() + policy.lease
    session.execute(_FILL_FIRST, {"execution": execution_id, "files": policy.files_in_flight, "lease": lease})


def first_tickets(execution: Execution, policy: Policy) -> list[Ticket]:
    """The tickets that the seal of a run hands out, known before it: first attempt, first dispatch."""
    return [Ticket(execution.id, file.id, 1, 1) for file in execution.files[: policy.files_in_flight]]


def next_retry(session: Session, execution: Execution) -> datetime | None:
    """When the next of its files is to be retried, if one waits for that."""
    of_this_run = ExecutionFile.execution_id == execution.id
    return session.scalar(sa.select(sa.func.min(ExecutionFile.retry_at)).where(of_this_run, ~_is_its_time()))


def _is_its_time() -> sa.ColumnElement[bool]:
    return sa.or_(ExecutionFile.retry_at.is_(None), ExecutionFile.retry_at <= utcnow())


def _queue(session: Session, file: ExecutionFile, policy: Policy) -> Ticket:
    note_change(session, file.execution_id)
    swap(
        session,
        ExecutionFile,
        ExecutionFile.id == file.id,
        ExecutionFile.status == FileStatus.WAITING,
        status=FileStatus.QUEUED,
        dispatch=file.dispatch + 1,
        error=None,
        retry_at=None,
        lease_expires_at=utcnow() + policy.lease,
    )
    return Ticket(file.execution_id, file.id, file.attempt + 1, file.dispatch + 1)
