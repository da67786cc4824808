"""Stopping a run on request, at any moment of its life."""

from __future__ import annotations

from uuid import UUID

import structlog

from deployment import lifecycle
from deployment.causes import cause_of
from deployment.cleanup import clean_up
from deployment.dispatch import Ticket
from deployment.lifecycle.swap import locked
from deployment.models import ExecutionStatus, FileStatus
from deployment.parts import Parts
from deployment.reconcile.repair import ticket_of

log = structlog.get_logger()

BY = "stop"
"""What `ended_by` says of a run that was stopped; who did it is in its reason."""


class NoSuchExecution(LookupError):
    """There is no such execution."""

    def __init__(self, execution_id: UUID) -> None:
        super().__init__(f"There is no execution {execution_id}.")


class AlreadyEnded(Exception):
    """The execution has ended already, and an end is never changed."""

    def __init__(self, execution_id: UUID, status: str) -> None:
        super().__init__(f"Execution {execution_id} has ended already, as {status}.")
        self.status = status


def stop(parts: Parts, execution_id: UUID, by: str) -> None:
    """End a live run as STOPPED, at once; `by` says who asked, for people to read.

    Its slot is free with this very write, its worker kills the work-horse within a second, since the lease is gone.
    Raises `NoSuchExecution`, and `AlreadyEnded` with the `status` that it ended with.
    """
    tickets = _end(parts, execution_id, f"stopped by {by}")
    log.info("execution_stopped", execution_id=str(execution_id), by=by)
    _cancel(parts, tickets)
    clean_up(parts, execution_id)


def _end(parts: Parts, execution_id: UUID, reason: str) -> list[Ticket]:
    with parts.database.writing() as session:
        execution = locked(session, execution_id)
        if execution is None:
            raise NoSuchExecution(execution_id)
        tickets = [ticket_of(file) for file in execution.files if file.status == FileStatus.QUEUED]
        if not lifecycle.end(session, execution_id, ExecutionStatus.STOPPED, parts.policy, by=BY, error=reason):
            raise AlreadyEnded(execution_id, execution.status)
    return tickets


def _cancel(parts: Parts, tickets: list[Ticket]) -> None:
    """For tidiness: a ticket that stays in the queue is dropped at its claim."""
    try:
        parts.dispatcher.cancel(tickets)
    except Exception as error:
        log.warning("tickets_not_cancelled", tickets=[ticket.job_id for ticket in tickets], error=cause_of(error))
