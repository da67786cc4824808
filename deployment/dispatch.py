"""Dispatching: the ticket that names one attempt at one file, and the queue as the domain sees it.

The queue is a hint and the row is the truth: a ticket may be lost, doubled or late, and a claim decides.
`jobs.queue` is the real dispatcher; the one here is its twin for tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import structlog

from deployment.causes import cause_of

log = structlog.get_logger()


@dataclass(frozen=True)
class Ticket:
    """An invitation to claim `file_id` as attempt number `attempt`, handed out for the `dispatch`-th time."""

    execution_id: UUID
    file_id: UUID
    attempt: int
    dispatch: int

    @classmethod
    def parse(cls, execution_id: str, file_id: str, attempt: int, dispatch: int) -> Ticket:
        """From what a queue can carry; raises `ValueError` for anything else."""
        return cls(UUID(execution_id), UUID(file_id), int(attempt), int(dispatch))

    @property
    def job_id(self) -> str:
        """The name in the queue; new for every attempt and dispatch, since RQ refuses an id that it still keeps."""
        return f"{self.file_id}-a{self.attempt}-d{self.dispatch}"


class Dispatcher(Protocol):
    """What carries tickets to workers."""

    def enqueue(self, tickets: Iterable[Ticket]) -> None:
        """Put each ticket on the queue once; one that is there already counts as accepted."""

    def in_queue(self, tickets: Sequence[Ticket]) -> list[bool]:
        """For each ticket, whether it stands in the queue's list, waiting for a worker."""

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Take tickets out of the queue where they still stand in it; others are left alone."""

    def ping(self) -> None:
        """Raise if the queue does not answer."""

    def probe(self) -> None:
        """Put a job on a queue of its own, see it there, and take it back; raise if any of it fails."""

    def workers(self) -> int:
        """How many workers are registered; one that was killed counts for a minute more."""


def hand_out(dispatcher: Dispatcher, tickets: Sequence[Ticket]) -> None:
    """Enqueue tickets of rows that are committed as QUEUED; a failure is the reconciler's to repair."""
    try:
        if tickets:
            dispatcher.enqueue(tickets)
    except Exception as error:
        log.warning("enqueue_postponed", tickets=[ticket.job_id for ticket in tickets], error=cause_of(error))


@dataclass
class InMemoryDispatcher:
    """A queue in a list."""

    queue: list[Ticket] = field(default_factory=list)

    def enqueue(self, tickets: Iterable[Ticket]) -> None:
        self.queue.extend(ticket for ticket in tickets if ticket not in self.queue)

    def in_queue(self, tickets: Sequence[Ticket]) -> list[bool]:
        return [ticket in self.queue for ticket in tickets]

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        unwanted = set(tickets)
        self.queue = [ticket for ticket in self.queue if ticket not in unwanted]

    def ping(self) -> None:
        return None

    def probe(self) -> None:
        return None

    def workers(self) -> int:
        return 1
