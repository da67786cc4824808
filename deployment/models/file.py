"""One file of an execution: the unit of work, with an attempt number that fences its workers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from deployment.database import Model
from deployment.models.states import FileStatus

OPEN_SQL = "status IN ('WAITING', 'QUEUED', 'EXECUTING')"
HISTORY_SQL = "fingerprint IS NOT NULL"
DISPATCHED_SQL = "status IN ('QUEUED', 'EXECUTING')"


class ExecutionFile(Model):
    """`attempt` counts claims and only rises, `dispatch` counts tickets.

    `losses` counts workers that died with it, `retries` how often its workflow has asked for another try.
    """

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    execution_id: Mapped[UUID] = mapped_column(sa.ForeignKey("execution.id"))
    ordinal: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(255))
    """What the caller called it: for people's eyes, never a path."""
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(sa.String(64))

    status: Mapped[str] = mapped_column(sa.String(16), default=FileStatus.WAITING)
    error: Mapped[str | None] = mapped_column(sa.Text)
    attempt: Mapped[int] = mapped_column(default=0)
    losses: Mapped[int] = mapped_column(default=0)
    retries: Mapped[int] = mapped_column(default=0, server_default="0")
    dispatch: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(sa.String(64))
    lease_expires_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    """When a file that waits for another try may be queued; `error` says why it does."""
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    pages: Mapped[int | None]
    """Of a success: pages, sheets or slides, where its workflow has counted them."""
    fingerprint: Mapped[str | None] = mapped_column(sa.String(64))
    """Of a success: all that its result depends on, in one value; see `history`."""
    from_history: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether its result is a copy of an earlier one's."""

    __table_args__ = (
        sa.UniqueConstraint("execution_id", "ordinal"),
        sa.CheckConstraint(
            f"({OPEN_SQL} AND lease_expires_at IS NOT NULL AND ended_at IS NULL) OR "
            "(status IN ('SUCCESS', 'FAILED', 'STOPPED') AND lease_expires_at IS NULL AND ended_at IS NOT NULL)",
            name="open_has_lease",
        ),
        sa.CheckConstraint("status <> 'FAILED' OR (error IS NOT NULL AND error <> '')", name="failed_has_reason"),
        sa.CheckConstraint("retry_at IS NULL OR status = 'WAITING'", name="retry_is_waited_for"),
        sa.Index(
            "ix_execution_file_overdue",
            "lease_expires_at",
            postgresql_where=sa.text(DISPATCHED_SQL),
            sqlite_where=sa.text(DISPATCHED_SQL),
        ),
        sa.Index(
            "ix_execution_file_history",
            "fingerprint",
            "ended_at",
            postgresql_where=sa.text(HISTORY_SQL),
            sqlite_where=sa.text(HISTORY_SQL),
        ),
    )
