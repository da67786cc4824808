"""Moves of a worker: claim a file, keep its lease, end it or give it back; each fenced by the attempt."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.clock import utcnow
from deployment.database import note_count
from deployment.dispatch import Ticket
from deployment.lifecycle.ending import end, readable
from deployment.lifecycle.flight import fill
from deployment.lifecycle.move import LOST, Move, held, tell
from deployment.lifecycle.swap import locked, swap
from deployment.models import Execution, ExecutionFile, ExecutionStatus, FileStatus
from deployment.policy import Policy


def claim(session: Session, ticket: Ticket, worker: str, policy: Policy) -> Execution | None:
    """QUEUED → EXECUTING for the file and, if it is the first, for the run; None: drop the ticket.

    Claiming again what `worker` has claimed already succeeds: a first try whose reply was lost has done it.
    """
    execution, now = locked(session, ticket.execution_id), utcnow()
    if execution is None or not _under_way(execution) or execution.deadline_at <= now:
        return None
    won = swap(
        session,
        ExecutionFile,
        ExecutionFile.id == ticket.file_id,
        ExecutionFile.status == FileStatus.QUEUED,
        ExecutionFile.attempt == ticket.attempt - 1,
        status=FileStatus.EXECUTING,
        attempt=ticket.attempt,
        worker=worker,
        started_at=now,
        lease_expires_at=now + policy.lease,
    )
    if not won:
        mine = (*held(ticket), ExecutionFile.worker == worker)
        return execution if swap(session, ExecutionFile, *mine, lease_expires_at=now + policy.lease) else None
    if execution.status == ExecutionStatus.QUEUED:
        _start(session, execution)
    tell(session, ticket, f"Claimed by worker {worker} (attempt {ticket.attempt})")
    return execution


def claimed(ticket: Ticket, worker: str) -> sa.Select[ExecutionFile, Execution]:
    """The file and its run, as long as `worker` has claimed it as this attempt."""
    run = Execution.id == ExecutionFile.execution_id
    return sa.select(ExecutionFile, Execution).join(Execution, run).where(*held(ticket), ExecutionFile.worker == worker)


def holds(session: Session, ticket: Ticket) -> bool:
    """Whether the file is still claimed as this attempt. It only looks; `renew` says it, too, and keeps it so."""
    return session.scalar(sa.select(ExecutionFile.id).where(*held(ticket))) is not None


def renew(session: Session, ticket: Ticket, policy: Policy) -> bool:
    """Put the lease of a claimed file forward; False: the lease is lost, and nothing may be written any more."""
    return swap(session, ExecutionFile, *held(ticket), lease_expires_at=utcnow() + policy.lease)


def succeed(
    session: Session,
    ticket: Ticket,
    policy: Policy,
    *,
    fingerprint: str | None = None,
    from_history: bool = False,
    pages: int | None = None,
) -> Move:
    """EXECUTING → SUCCESS. The result must be stored already; by its fingerprint, later runs may find it."""
    found = {"fingerprint": fingerprint, "from_history": from_history, "pages": pages}
    return _finish(session, ticket, policy, FileStatus.SUCCESS, None, **found)


def fail(session: Session, ticket: Ticket, policy: Policy, reason: str) -> Move:
    """EXECUTING → FAILED, for good, with a reason for the caller."""
    return _finish(session, ticket, policy, FileStatus.FAILED, reason)


def hand_back(session: Session, ticket: Ticket, policy: Policy, why: str) -> Move:
    """EXECUTING → QUEUED without using up an attempt: the worker is healthy and has to go."""
    return _requeue(session, ticket, policy, losses=0, message=f"Handed back: {why}")


def lose(session: Session, ticket: Ticket, policy: Policy, cause: str, *, expired: datetime | None = None) -> Move:
    """The worker died: QUEUED again while attempts remain, else FAILED `worker_lost`.

    A rescuer names the lease that it saw `expired`, so that a renewal in between makes it lose (fault C1).
    """
    seen = () if expired is None else (ExecutionFile.lease_expires_at == expired,)
    if locked(session, ticket.execution_id) is None:
        return LOST
    losses = session.scalar(sa.select(ExecutionFile.losses).where(*held(ticket), *seen))
    if losses is None:
        return LOST
    note_count(session, "attempts_lost")
    if losses + 1 >= policy.max_attempts:
        return fail(session, ticket, policy, f"worker_lost: {cause}; gave up after {losses + 1} attempts")
    return _requeue(session, ticket, policy, losses=1, message=f"Worker lost ({cause}); queued again")


def _requeue(session: Session, ticket: Ticket, policy: Policy, *, losses: int, message: str) -> Move:
    if locked(session, ticket.execution_id) is None:
        return LOST
    won = swap(
        session,
        ExecutionFile,
        *held(ticket),
        status=FileStatus.QUEUED,
        worker=None,
        dispatch=ExecutionFile.dispatch + 1,
        losses=ExecutionFile.losses + losses,
        lease_expires_at=utcnow() + policy.lease,
    )
    if not won:
        return LOST
    tell(session, ticket, message)
    dispatch = session.scalar(sa.select(ExecutionFile.dispatch).where(ExecutionFile.id == ticket.file_id))
    return Move(True, tickets=[Ticket(ticket.execution_id, ticket.file_id, ticket.attempt + 1, dispatch or 1)])


def _finish(
    session: Session, ticket: Ticket, policy: Policy, to: FileStatus, error: str | None, **more: str | bool | int | None
) -> Move:
    execution, error = locked(session, ticket.execution_id), readable(error)
    ended = {"status": to, "error": error, "ended_at": utcnow(), "lease_expires_at": None, **more}
    if execution is None or not swap(session, ExecutionFile, *held(ticket), **ended):
        return LOST
    succeeded = "Succeeded with the result of an earlier run" if more.get("from_history") else "Succeeded"
    tell(session, ticket, f"Failed: {error}" if error else succeeded, failure=bool(error))
    note_count(session, "files_ended", status=to)
    if execution.open_files > 1:
        swap(session, Execution, Execution.id == execution.id, open_files=Execution.open_files - 1)
        return Move(True, tickets=fill(session, execution, policy))
    to_status, reason = _verdict(session, execution, to)
    end(session, execution.id, to_status, policy, by="worker", error=reason)
    return Move(True, ended=True)


def _verdict(session: Session, execution: Execution, last: FileStatus) -> tuple[ExecutionStatus, str | None]:
    """COMPLETED if at least one file succeeded, as on the wire; else ERROR with the first file's reason."""
    if last == FileStatus.SUCCESS:
        return ExecutionStatus.COMPLETED, None
    files = session.scalars(
        sa.select(ExecutionFile)
        .where(ExecutionFile.execution_id == execution.id)
        .order_by(ExecutionFile.ordinal)
        .execution_options(populate_existing=True)
    ).all()
    if any(file.status == FileStatus.SUCCESS for file in files):
        return ExecutionStatus.COMPLETED, None
    first = files[0]
    if len(files) == 1:
        return ExecutionStatus.ERROR, first.error
    return (
        ExecutionStatus.ERROR,
        f"none of the {len(files)} files succeeded; the first, {first.name!r}: {first.error}",
    )


def _under_way(execution: Execution) -> bool:
    return execution.status in (ExecutionStatus.QUEUED, ExecutionStatus.EXECUTING)


def _start(session: Session, execution: Execution) -> None:
    swap(
        session,
        Execution,
        Execution.id == execution.id,
        Execution.status == ExecutionStatus.QUEUED,
        status=ExecutionStatus.EXECUTING,
        started_at=utcnow(),
    )
