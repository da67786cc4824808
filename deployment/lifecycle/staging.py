"""Moves of the request that accepts a run: it holds the lease while it stages, then seals or fails."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.clock import utcnow
from deployment.instants import UtcDateTime
from deployment.labels import labels_of
from deployment.lifecycle.ending import end
from deployment.lifecycle.flight import fill_first
from deployment.lifecycle.swap import locked, swap
from deployment.models import Execution, ExecutionFile, ExecutionStatus, write_log
from deployment.policy import Policy


def accept(session: Session, execution: Execution) -> None:
    """Store the PENDING row with its files and its labels, and open its log."""
    if execution.lease_expires_at is not None:
        execution.lease_expires_at = min(execution.lease_expires_at, execution.deadline_at)
    session.add(execution)
    session.flush()
    session.add_all(labels_of(execution))
    files = ", ".join(map(_told, execution.files))
    write_log(session, execution.id, f"Accepted with {execution.total_files} file(s): {files}")
    if execution.rerun_of is not None:
        write_log(session, execution.id, f"Rerun of {execution.rerun_of}")
        write_log(session, execution.rerun_of, f"Rerun as {execution.id}")


def fetched(session: Session, file: ExecutionFile, size: int, sha256: str, source: str) -> bool:
    """Note what a file from elsewhere turned out to be; False if its run is not PENDING any more."""
    execution = locked(session, file.execution_id)
    if execution is None or execution.status != ExecutionStatus.PENDING:
        return False
    write_log(session, execution.id, f"Fetched {source} ({size} bytes)", file_id=file.id)
    return swap(session, ExecutionFile, ExecutionFile.id == file.id, size=size, sha256=sha256)


def renew_staging(session: Session, execution_id: UUID, policy: Policy) -> bool:
    """Put the lease of a PENDING run forward; False if it is not PENDING any more, or past its deadline."""
    now = utcnow()
    return swap(
        session,
        Execution,
        Execution.id == execution_id,
        Execution.status == ExecutionStatus.PENDING,
        Execution.deadline_at > now,
        lease_expires_at=_until(now + policy.lease),
    )


def seal(session: Session, execution_id: UUID, token: str, policy: Policy) -> bool:
    """PENDING → QUEUED, the point of no return; the first files become claimable in the same commit."""
    now = utcnow()
    won = swap(
        session,
        Execution,
        Execution.id == execution_id,
        Execution.status == ExecutionStatus.PENDING,
        Execution.guard_token == token,
        status=ExecutionStatus.QUEUED,
        sealed_at=now,
        lease_expires_at=_until(now + policy.lease),
    )
    if won:
        write_log(session, execution_id, "Staged all files; queued for the workers")
        fill_first(session, execution_id, policy)
    return won


def fail_undispatched(
    session: Session, execution_id: UUID, reason: str, token: str, policy: Policy, *, by: str, sealed: bool = False
) -> bool:
    """PENDING → ERROR, or QUEUED → ERROR when `sealed`: only by the guard that made it, before any claim."""
    unclaimed = Execution.status == (ExecutionStatus.QUEUED if sealed else ExecutionStatus.PENDING)
    expected = (unclaimed, Execution.guard_token == token)
    return end(session, execution_id, ExecutionStatus.ERROR, policy, by=by, error=reason, expected=expected)


def _until(lease: datetime) -> sa.ColumnElement[datetime]:
    """A lease never reaches beyond the run's own deadline, so that the reconciler looks in time."""
    value = sa.literal(lease, UtcDateTime())
    return sa.case((Execution.deadline_at < value, Execution.deadline_at), else_=value)


def _told(file: ExecutionFile) -> str:
    return f"{file.name!r} ({file.size} bytes)" if file.sha256 else f"{file.name!r} (to be fetched)"
