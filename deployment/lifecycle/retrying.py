"""The move of a worker whose workflow asks for another try: the file waits for its time, and takes no place meanwhile.

`retries` counts these tries alone: a worker that dies costs none of them, and they cost none of `MAX_ATTEMPTS`.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.clock import utcnow
from deployment.dispatch import Ticket
from deployment.lifecycle.flight import fill
from deployment.lifecycle.move import LOST, Move, held, tell
from deployment.lifecycle.swap import locked, swap
from deployment.lifecycle.work import fail
from deployment.models import Execution, ExecutionFile, FileStatus
from deployment.policy import Policy
from guards.reasons import storable

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
"""Seconds; the pause doubles from the first to the longest."""
DOUBLINGS = 16
"""More than any pause needs, and no more than a number holds."""


def retry(
    session: Session, ticket: Ticket, policy: Policy, reason: str, *, limit: int, after: float | None = None
) -> Move:
    """EXECUTING → WAITING for the next try, while there is one left that comes before the deadline; else FAILED.

    `limit` is how often a document may be retried; `after` the least seconds until then, if the workflow says so.
    """
    execution, now = locked(session, ticket.execution_id), utcnow()
    retries = session.scalar(sa.select(ExecutionFile.retries).where(*held(ticket)))
    if execution is None or retries is None:
        return LOST
    seconds, left = _pause(retries, after), (execution.deadline_at - now).total_seconds()
    if retries >= limit or seconds >= left:
        return fail(session, ticket, policy, _given_up(reason, retries + 1, too_late=retries < limit))
    _wait(session, ticket, execution, reason, now + timedelta(seconds=seconds))
    return Move(True, tickets=fill(session, execution, policy))


def _wait(session: Session, ticket: Ticket, execution: Execution, reason: str, until: datetime) -> None:
    """The reconciler's next look at the run is when the try is due, if it is not sooner."""
    reason = storable(reason)
    swap(
        session,
        ExecutionFile,
        *held(ticket),
        status=FileStatus.WAITING,
        worker=None,
        error=reason,
        retries=ExecutionFile.retries + 1,
        retry_at=until,
        lease_expires_at=execution.deadline_at,
    )
    swap(session, Execution, Execution.id == execution.id, Execution.lease_expires_at > until, lease_expires_at=until)
    again = until.isoformat(timespec="seconds")
    tell(session, ticket, f"Attempt {ticket.attempt} failed: {reason}; tries again at {again}", failure=True)


def _pause(retries: int, after: float | None) -> float:
    """Seconds. Spread out, so that what has failed together does not come back together; never sooner than asked."""
    if after is not None:
        return after * random.uniform(1, 1.2)  # noqa: S311 - jitter, no secret
    longest: float = min(FIRST_PAUSE * 2 ** min(retries, DOUBLINGS), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - jitter, no secret


def _given_up(reason: str, tries: int, *, too_late: bool) -> str:
    why = ": the next one would come after the deadline of its run" if too_late else ""
    return f"{reason}; gave up after {tries} {'try' if tries == 1 else 'tries'}{why}"
