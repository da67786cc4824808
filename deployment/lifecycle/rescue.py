"""Moves of the reconciler: each names the state, the attempt and the expired lease that it has seen."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.clock import utcnow
from deployment.dispatch import Ticket
from deployment.lifecycle.ending import end
from deployment.lifecycle.flight import fill, next_retry
from deployment.lifecycle.swap import locked, swap
from deployment.models import Execution, ExecutionFile, ExecutionStatus, FileStatus, write_log
from deployment.policy import Policy


def wait_on(session: Session, file: ExecutionFile, policy: Policy) -> bool:
    """A QUEUED file whose ticket still stands in the queue, an honest backlog: look again a lease later."""
    return swap(session, ExecutionFile, *_as_seen(file), lease_expires_at=utcnow() + policy.lease)


def redispatch(session: Session, file: ExecutionFile, policy: Policy) -> list[Ticket]:
    """A QUEUED file whose ticket was lost gets a new one; the loser of two rescuers gets none.

    The run is locked first, as everywhere: the line in its log refers to it, and PostgreSQL locks what is referred to.
    """
    won = locked(session, file.execution_id) is not None and swap(
        session,
        ExecutionFile,
        *_as_seen(file),
        dispatch=file.dispatch + 1,
        lease_expires_at=utcnow() + policy.lease,
    )
    if not won:
        return []
    write_log(session, file.execution_id, "Its ticket was lost from the queue; queued again", file_id=file.id)
    return [Ticket(file.execution_id, file.id, file.attempt + 1, file.dispatch + 1)]


def abandon(session: Session, execution: Execution, reason: str, policy: Policy) -> bool:
    """A PENDING run whose request no longer renews its lease ends as ERROR."""
    seen = (
        Execution.status == ExecutionStatus.PENDING,
        Execution.lease_expires_at == execution.lease_expires_at,
    )
    return end(session, execution.id, ExecutionStatus.ERROR, policy, by="reconciler", error=reason, expected=seen)


def postpone(session: Session, row: Execution | ExecutionFile, policy: Policy) -> bool:
    """A row whose repair raised is looked at again a lease later, after all the others."""
    table = type(row)
    unchanged = (table.id == row.id, table.lease_expires_at == row.lease_expires_at)
    return swap(session, table, *unchanged, lease_expires_at=utcnow() + policy.lease)


def look_after(session: Session, execution: Execution, policy: Policy) -> tuple[bool, list[Ticket]]:
    """A run that is under way: fill its gaps, and look again a lease later, or when a retry is due, or at its deadline.

    Says whether it won.
    """
    won = locked(session, execution.id) is not None and swap(
        session,
        Execution,
        Execution.id == execution.id,
        Execution.status.in_((ExecutionStatus.QUEUED, ExecutionStatus.EXECUTING)),
        Execution.lease_expires_at == execution.lease_expires_at,
        lease_expires_at=_next_look(session, execution, policy),
    )
    return won, fill(session, execution, policy) if won else []


def _next_look(session: Session, execution: Execution, policy: Policy) -> datetime:
    now, retry = utcnow(), next_retry(session, execution)
    return max(now, min(now + policy.lease, execution.deadline_at, retry or execution.deadline_at))


def _as_seen(file: ExecutionFile) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        ExecutionFile.id == file.id,
        ExecutionFile.status == FileStatus.QUEUED,
        ExecutionFile.attempt == file.attempt,
        ExecutionFile.dispatch == file.dispatch,
        ExecutionFile.lease_expires_at == file.lease_expires_at,
    )
