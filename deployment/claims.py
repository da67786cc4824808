"""What the process that watches a work-horse does: claim a file, keep its lease, and see that it ended.

It runs in the worker's parent process, on connections that live no longer than one statement, so that none is
open when the work-horse is forked.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from deployment import lifecycle
from deployment.database import Database
from deployment.dispatch import Ticket, hand_out
from deployment.parts import Parts
from deployment.policy import Policy
from workflows import UnknownWorkflow

log = structlog.get_logger()

UNKNOWN_SECONDS = 60.0


class Claim:
    """One file held by this worker as one attempt, until it ends or the lease is lost."""

    def __init__(self, ticket: Ticket, database: Database, policy: Policy, time_limit: float) -> None:
        self.ticket, self._database, self._policy = ticket, database, policy
        self.time_limit, self._renewed = time_limit, time.monotonic()
        self._tried = self._renewed
        self._ends = self._renewed + time_limit

    @property
    def beat(self) -> float:
        """Seconds between two renewals: three may fail before the lease is over."""
        return self._policy.lease.total_seconds() / 4

    @property
    def renewal_due(self) -> bool:
        """Whether a beat has passed since the last renewal that went through, or was tried."""
        return time.monotonic() - self._tried >= self.beat

    @property
    def seconds_left(self) -> float:
        """Seconds until the workflow has used up its time limit."""
        return max(self._ends - time.monotonic(), 0)

    @property
    def overrun(self) -> bool:
        """Whether the workflow has used up its time limit."""
        return self.seconds_left == 0

    def renew(self) -> bool:
        """Put the lease forward; False when it is lost, or may be before the next beat: kill the work-horse.

        The clock is the monotonic one, and the skew between hosts is taken off (fault B3).
        """
        began = self._tried = time.monotonic()
        try:
            with self._database.writing() as session:
                held = lifecycle.renew(session, self.ticket, self._policy)
        except Exception as error:
            log.warning("lease_not_renewed", file_id=str(self.ticket.file_id), error=str(error))
            return self._still_safe()
        self._renewed = began
        return held

    def _still_safe(self) -> bool:
        safe = (self._policy.lease - self._policy.clock_skew).total_seconds() - self.beat
        return time.monotonic() - self._renewed < safe


class Claims:
    """Claims of one worker, named `worker`: a name that is new for each process start."""

    def __init__(self, parts: Parts, worker: str) -> None:
        self._parts, self.worker = parts, worker
        self._database, self._policy = parts.database.short_lived(), parts.policy

    def claim(self, ticket: Ticket) -> Claim | None:
        """Take the file of a ticket, or None: its row does not want this attempt any more."""
        with self._database.writing() as session:
            execution = lifecycle.claim(session, ticket, self.worker, self._policy)
        if execution is None:
            return None
        return Claim(ticket, self._database, self._policy, self._time_limit(execution.workflow))

    def overran(self, claim: Claim) -> None:
        """The work-horse was killed at its time limit: the file has failed, for good."""
        reason = f"time_limit_exceeded: the workflow took longer than its {claim.time_limit:g} s"
        self._make(lambda session: lifecycle.fail(session, claim.ticket, self._policy, reason))

    def lost(self, claim: Claim, cause: str) -> None:
        """The work-horse is gone. Where it has not ended the file itself, queue it again (fault B2)."""
        self._make(lambda session: lifecycle.lose(session, claim.ticket, self._policy, cause))

    def hand_back(self, claim: Claim, why: str) -> None:
        """The work-horse had to go before it began: queue the file again, at no cost of an attempt."""
        self._make(lambda session: lifecycle.hand_back(session, claim.ticket, self._policy, why))

    def _make(self, move: Callable[[Session], lifecycle.Move]) -> None:
        with self._database.writing() as session:
            made = move(session)
        hand_out(self._parts.dispatcher, made.tickets)

    def _time_limit(self, workflow: str) -> float:
        try:
            return self._parts.workflows.get(workflow).time_limit
        except UnknownWorkflow:
            return UNKNOWN_SECONDS  # the work-horse will say in a moment what is wrong
