"""What a worker's move says of itself, how it names what the worker holds, and how it is told in the log."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.database import note_change
from deployment.dispatch import Ticket
from deployment.models import ExecutionFile, FileStatus, write_log


@dataclass(frozen=True)
class Move:
    """Whether a worker's move was made, whether it ended the run, and the tickets to enqueue after the commit."""

    won: bool
    ended: bool = False
    tickets: list[Ticket] = field(default_factory=list)


LOST = Move(won=False)


def held(ticket: Ticket) -> tuple[sa.ColumnElement[bool], ...]:
    """The file of `ticket`, as long as it is claimed as that attempt."""
    return (
        ExecutionFile.id == ticket.file_id,
        ExecutionFile.status == FileStatus.EXECUTING,
        ExecutionFile.attempt == ticket.attempt,
    )


def tell(session: Session, ticket: Ticket, message: str, *, failure: bool = False) -> None:
    """Add a line about the file of `ticket` to the log of its run, and wake whoever watches that."""
    note_change(session, ticket.execution_id)
    write_log(session, ticket.execution_id, message, file_id=ticket.file_id, failure=failure)
