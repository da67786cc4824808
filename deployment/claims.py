"""What the process that watches a work-horse does: claim a file, keep its lease, and see that it ended.

It runs in the worker's parent process, on one connection that is closed before each fork.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from deployment import lifecycle
from deployment.causes import cause_of
from deployment.database import Database
from deployment.dispatch import Ticket, hand_out
from deployment.parts import Parts
from deployment.policy import Policy
from workflows import UnknownWorkflow

log = structlog.get_logger()

AWAY = (OperationalError, InterfaceError)
"""What is raised while the database is away, hangs, or is locked: nothing is decided, and it is to be tried again."""
UNKNOWN_SECONDS = 60.0
RENEWALS = 4
"""Beats in a lease: three may fail before it is over."""


class LeaseLost(Exception):
    """Somebody else has decided about the file: stopped, past its deadline, or taken for dead."""


class LeaseInDoubt(Exception):
    """The database did not answer for so long that the lease may be over before it does."""


class Claim:
    """One file held by this worker as one attempt, until it ends or the lease is lost."""

    def __init__(self, ticket: Ticket, database: Database, policy: Policy, time_limit: float, since: float) -> None:
        self.ticket, self._database, self._policy = ticket, database, policy
        self.time_limit, self._renewed = time_limit, since
        self._ends = time.monotonic() + time_limit

    @property
    def beat(self) -> float:
        """Seconds between two renewals."""
        return self._policy.lease.total_seconds() / RENEWALS

    @property
    def seconds_left(self) -> float:
        """Seconds until the workflow has used up its time limit."""
        return max(self._ends - time.monotonic(), 0)

    @property
    def overrun(self) -> bool:
        """Whether the workflow has used up its time limit."""
        return self.seconds_left == 0

    @property
    def safe_seconds(self) -> float:
        """Seconds until another process may take the file over: before that, the work-horse must be dead.

        The clock is the monotonic one, and the skew between hosts is taken off (fault B3).
        """
        lease = self._policy.lease - self._policy.clock_skew
        return self._renewed + lease.total_seconds() - time.monotonic()

    def keep(self) -> None:
        """See that the file is still ours, and put the lease forward when a beat has passed.

        Raises `LeaseLost`, and `LeaseInDoubt` when a database that is away leaves no time for another try.
        """
        began = time.monotonic()
        try:
            held = self._renew(began) if began - self._renewed >= self.beat else self._look()
        except AWAY as error:
            log.warning("lease_not_renewed", file_id=str(self.ticket.file_id), error=cause_of(error))
            if self.safe_seconds <= self.beat:
                raise LeaseInDoubt from error
            return
        if not held:
            raise LeaseLost

    def _renew(self, began: float) -> bool:
        with self._database.writing() as session:
            held = lifecycle.renew(session, self.ticket, self._policy)
        self._renewed = began
        return held

    def _look(self) -> bool:
        with self._database.reading() as session:
            return lifecycle.holds(session, self.ticket)


class Claims:
    """Claims of one worker, named `worker`: a name that is new for each process start. All may raise `AWAY`."""

    def __init__(self, parts: Parts, worker: str) -> None:
        self._parts, self.worker, self._policy = parts, worker, parts.policy
        patience = int(parts.policy.lease.total_seconds() / RENEWALS)
        self._database = parts.database.beside(max(patience, 1))

    def claim(self, ticket: Ticket) -> Claim | None:
        """Take the file of a ticket, or None: its row does not want this attempt any more."""
        since = time.monotonic()
        with self._connected() as database, database.writing() as session:
            execution = lifecycle.claim(session, ticket, self.worker, self._policy)
        if execution is None:
            return None
        return Claim(ticket, database, self._policy, self._time_limit(execution.workflow), since)

    def overran(self, claim: Claim) -> None:
        """The work-horse was killed at its time limit: the file has failed, for good."""
        reason = f"time_limit_exceeded: the workflow took longer than its {claim.time_limit:g} s"
        self._make(lambda session: lifecycle.fail(session, claim.ticket, self._policy, reason))

    def crashed(self, claim: Claim, how: str) -> None:
        """The document has made the work-horse crash, and would again: the file has failed, for good."""
        reason = f"crashed: the document made the program end by {how}"
        self._make(lambda session: lifecycle.fail(session, claim.ticket, self._policy, reason))

    def lost(self, claim: Claim, cause: str) -> None:
        """The work-horse is gone. Where it has not ended the file itself, queue it again (fault B2)."""
        self._make(lambda session: lifecycle.lose(session, claim.ticket, self._policy, cause))

    def hand_back(self, claim: Claim, why: str) -> None:
        """The work-horse had to go through no fault of its file: queue it again, at no cost of an attempt."""
        self._make(lambda session: lifecycle.hand_back(session, claim.ticket, self._policy, why))

    def disconnect(self) -> None:
        """Close the connection. What is open at a fork would be shared."""
        self._database.dispose()

    def _make(self, move: Callable[[Session], lifecycle.Move]) -> None:
        with self._connected() as database:
            with database.writing() as session:
                made = move(session)
            database.tallies.flush(database)
        hand_out(self._parts.dispatcher, made.tickets)

    @contextmanager
    def _connected(self) -> Iterator[Database]:
        try:
            yield self._database
        finally:
            self.disconnect()

    def _time_limit(self, workflow: str) -> float:
        try:
            return self._parts.workflows.get(workflow).time_limit
        except UnknownWorkflow:
            return UNKNOWN_SECONDS  # the work-horse will say in a moment what is wrong
