"""What is decided of an overdue row. Each decision is a swap that names what was seen; losing it is no harm."""

from __future__ import annotations

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.dispatch import Ticket, hand_out
from deployment.models import Execution, ExecutionFile, ExecutionStatus, FileStatus
from deployment.parts import Parts

ABANDONED = "abandoned_before_dispatch: the request that brought it ended before its files were staged"


def repair_execution(parts: Parts, execution: Execution) -> str:
    """A run whose lease is over: abandoned, past its deadline, or in need of its next file."""
    if utcnow() >= execution.deadline_at:
        return _exceed(parts, execution)
    if execution.status == ExecutionStatus.PENDING:
        return _abandon(parts, execution)
    with parts.database.writing() as session:
        tickets = lifecycle.look_after(session, execution, parts.policy)
    hand_out(parts.dispatcher, tickets)
    return "gap_filled" if tickets else "looked_after"


def repair_file(parts: Parts, file: ExecutionFile, *, standing: bool) -> str:
    """A file whose lease is over: `standing` says whether its ticket still waits in the queue's list."""
    policy, tickets = parts.policy, []
    with parts.database.writing() as session:
        if file.status == FileStatus.EXECUTING:
            held = Ticket(file.execution_id, file.id, file.attempt, file.dispatch)
            cause = f"worker {file.worker} was not heard of for {policy.lease.total_seconds():g} s"
            move = lifecycle.lose(session, held, policy, cause, expired=file.lease_expires_at)
            done, tickets = "worker_lost", move.tickets
        elif standing:
            lifecycle.wait_on(session, file, policy)
            done = "still_queued"
        else:
            done, tickets = "redispatched", lifecycle.redispatch(session, file, policy)
    hand_out(parts.dispatcher, tickets)
    return done


def ticket_of(file: ExecutionFile) -> Ticket:
    """The ticket that a QUEUED file last got."""
    return Ticket(file.execution_id, file.id, file.attempt + 1, file.dispatch)


def _abandon(parts: Parts, execution: Execution) -> str:
    reason = parts.last_words.find(execution.id) or ABANDONED
    with parts.database.writing() as session:
        lifecycle.abandon(session, execution, reason, parts.policy)
    return "abandoned"


def _exceed(parts: Parts, execution: Execution) -> str:
    reason = f"deadline_exceeded: it was to end by {execution.deadline_at.isoformat(timespec='seconds')}"
    with parts.database.writing() as session:
        lifecycle.end(session, execution.id, ExecutionStatus.ERROR, parts.policy, by="reconciler", error=reason)
    return "deadline_exceeded"
