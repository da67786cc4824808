"""What is decided of an overdue row. Each decision is a swap that names what was seen; losing it is no harm."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.dispatch import Ticket
from deployment.models import Execution, ExecutionFile, ExecutionStatus, FileStatus
from deployment.policy import Policy

ABANDONED = "abandoned_before_dispatch: the request that brought it ended before its files were staged"


@dataclass(frozen=True)
class Repair:
    """What was done, in a word, or nothing, and the tickets to enqueue after the commit."""

    done: str = ""
    tickets: list[Ticket] = field(default_factory=list)


NOTHING = Repair()


def repair_execution(session: Session, row: Execution, policy: Policy, reason: str | None) -> Repair:
    """A run whose lease is over: abandoned, past its deadline, or in need of its next file.

    `reason` is what the request has left, if it failed and could not write it.
    """
    if row.status == ExecutionStatus.PENDING and (reason or utcnow() < row.deadline_at):
        return Repair("abandoned") if lifecycle.abandon(session, row, reason or ABANDONED, policy) else NOTHING
    if utcnow() >= row.deadline_at:
        return _exceed(session, row, policy)
    won, tickets = lifecycle.look_after(session, row, policy)
    return Repair("gap_filled" if tickets else "looked_after", tickets) if won else NOTHING


def repair_file(session: Session, file: ExecutionFile, policy: Policy, *, standing: bool) -> Repair:
    """A file whose lease is over: `standing` says whether its ticket still waits in the queue's list."""
    if file.status == FileStatus.EXECUTING:
        return _lose(session, file, policy)
    if standing:
        return Repair("still_queued") if lifecycle.wait_on(session, file, policy) else NOTHING
    tickets = lifecycle.redispatch(session, file, policy)
    return Repair("redispatched", tickets) if tickets else NOTHING


def ticket_of(file: ExecutionFile) -> Ticket:
    """The ticket that a QUEUED file last got."""
    return Ticket(file.execution_id, file.id, file.attempt + 1, file.dispatch)


def _lose(session: Session, file: ExecutionFile, policy: Policy) -> Repair:
    held = Ticket(file.execution_id, file.id, file.attempt, file.dispatch)
    cause = f"worker {file.worker} was not heard of for {policy.lease.total_seconds():g} s"
    move = lifecycle.lose(session, held, policy, cause, expired=file.lease_expires_at)
    return Repair("worker_lost", move.tickets) if move.won else NOTHING


def _exceed(session: Session, row: Execution, policy: Policy) -> Repair:
    reason = f"deadline_exceeded: it was to end by {row.deadline_at.isoformat(timespec='seconds')}"
    ended = lifecycle.end(session, row.id, ExecutionStatus.ERROR, policy, by="reconciler", error=reason)
    return Repair("deadline_exceeded") if ended else NOTHING
