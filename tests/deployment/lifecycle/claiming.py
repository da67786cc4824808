"""Claims and moves of a worker, made directly: what a work-horse and its parent would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from deployment import lifecycle
from deployment.dispatch import Ticket
from deployment.lifecycle import Move
from tests.airlock import Airlock


def claim(airlock: Airlock, run: UUID, ordinal: int = 0, worker: str = "me") -> Ticket | None:
    """Claim a file as its next attempt; the ticket if that won."""
    execution = airlock.stored(run)
    file = execution.files[ordinal]
    ticket = Ticket(execution.id, file.id, file.attempt + 1, file.dispatch)
    with airlock.parts.database.writing() as session:
        return ticket if lifecycle.claim(session, ticket, worker, airlock.parts.policy) else None


def make(airlock: Airlock, move: Callable[..., Move], ticket: Ticket, *args: object, **named: Any) -> Move:
    """Make a move as the holder of `ticket`."""
    with airlock.parts.database.writing() as session:
        return move(session, ticket, airlock.parts.policy, *args, **named)
