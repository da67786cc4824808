"""The execution log: what happened to a run, step by step, for a person to read."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from deployment.clock import utcnow
from deployment.database import Model


class LogLine(Model):
    """One step. It is written in the transaction of the move that it tells of, so it is never untrue."""

    id: Mapped[int] = mapped_column(primary_key=True)
    execution_id: Mapped[UUID] = mapped_column(sa.ForeignKey("execution.id"), index=True)
    file_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("execution_file.id"), index=True)
    at: Mapped[datetime]
    level: Mapped[str] = mapped_column(sa.String(8))
    message: Mapped[str] = mapped_column(sa.Text)


_WRITE = sa.insert(cast(sa.Table, LogLine.__table__)).inline()
"""Past the unit of work, and without asking for the new id: every step writes one, and nobody needs it as an object."""


def write_log(
    session: Session, execution_id: UUID, message: str, *, file_id: UUID | None = None, failure: bool = False
) -> None:
    """Add a line to the log of an execution that is stored by now, within the caller's transaction."""
    level = "ERROR" if failure else "INFO"
    line = {"execution_id": execution_id, "file_id": file_id, "at": utcnow(), "level": level, "message": message}
    session.execute(_WRITE, line)
