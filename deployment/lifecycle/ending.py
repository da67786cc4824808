"""The one way for an execution to end, whoever ends it and whatever for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.clock import utcnow
from deployment.database import note_change, note_count, note_seconds
from deployment.lifecycle.delivering import announce
from deployment.lifecycle.swap import swap
from deployment.models import LIVE, OPEN, Execution, ExecutionFile, ExecutionStatus, FileStatus, write_log
from deployment.policy import Policy
from deployment.tallies import kind_of
from deployment.usage import record_usage
from guards.reasons import storable

_END_OPEN_FILES = (
    sa.update(ExecutionFile)
    .where(ExecutionFile.execution_id == sa.bindparam("execution"), ExecutionFile.status.in_(OPEN))
    .values(
        status=sa.bindparam("as"),
        error=sa.bindparam("reason"),
        ended_at=sa.bindparam("at"),
        lease_expires_at=None,
        retry_at=None,
    )
    .execution_options(synchronize_session=False)
)


def end(
    session: Session,
    execution_id: UUID,
    to: ExecutionStatus,
    policy: Policy,
    *,
    by: str,
    error: str | None = None,
    expected: tuple[sa.ColumnElement[bool], ...] = (),
) -> bool:
    """Move a live run to the terminal status `to`; False if it has ended already, or is not as `expected`.

    The same write frees the slot, marks the objects for cleanup and, before the seal, gives the idempotency key back.
    Files that are still open end with the run. What it has cost is counted.
    """
    now, error = utcnow(), readable(error)
    won = swap(
        session,
        Execution,
        Execution.id == execution_id,
        Execution.status.in_(LIVE),
        *expected,
        status=to,
        error=error,
        ended_by=by,
        ended_at=now,
        open_files=0,
        lease_expires_at=None,
        cleanup_due_at=now,
        expires_at=now + policy.result_ttl,
        idempotency_key=sa.case((Execution.sealed_at.is_(None), None), else_=Execution.idempotency_key),
    )
    if won:
        _follow(session, execution_id, to, error, now)
    return won


def _follow(session: Session, execution_id: UUID, to: ExecutionStatus, error: str | None, now: datetime) -> None:
    """What every end brings with it, in the same transaction."""
    run = session.get_one(Execution, execution_id)  # a worker has it at hand, so this asks nothing
    note_change(session, execution_id)
    _count(session, run, to, error, now)
    _end_open_files(session, execution_id, to, error, now)
    record_usage(session, execution_id, to)
    announce(session, run, to, now)
    write_log(session, execution_id, _sentence(to, error), failure=to == ExecutionStatus.ERROR)


def _count(session: Session, run: Execution, to: ExecutionStatus, error: str | None, now: datetime) -> None:
    note_count(session, "executions_ended", status=to, reason=kind_of(error) if error else "")
    if run.started_at is not None:
        note_seconds(session, "execution_waiting_seconds", (run.started_at - run.created_at).total_seconds())
        note_seconds(session, "execution_running_seconds", (now - run.started_at).total_seconds())


def readable(reason: str | None) -> str | None:
    """The reason as every database can store it: one that it refused would keep the row from ending for ever."""
    return storable(reason) if reason else reason


def _end_open_files(
    session: Session, execution_id: UUID, to: ExecutionStatus, error: str | None, now: datetime
) -> None:
    status = FileStatus.STOPPED if to == ExecutionStatus.STOPPED else FileStatus.FAILED
    session.execute(_END_OPEN_FILES, {"execution": execution_id, "as": status, "reason": error, "at": now})


def _sentence(to: ExecutionStatus, error: str | None) -> str:
    return f"Ended as {to}: {error}" if error else f"Ended as {to}"
