"""When the row of a run is to go; and the index by which its files can be deleted, since log lines refer to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "c2f7d83e6a10"
down_revision = "5b1e0c7a9d24"
branch_labels = None
depends_on = None

STILL_REMEMBERED = timedelta(days=30)
"""Of runs that were purged before they could be forgotten."""


def upgrade() -> None:
    only_purged = sa.CheckConstraint(
        "forget_at IS NULL OR (purged_at IS NOT NULL AND ended_at IS NOT NULL)",
        name=op.f("ck_execution_only_purged_is_forgotten"),
    )
    op.add_column("execution", sa.Column("forget_at", sa.DateTime(timezone=True), only_purged, nullable=True))
    execution = sa.table("execution", sa.column("purged_at"), sa.column("forget_at", sa.DateTime(timezone=True)))
    later = datetime.now(UTC) + STILL_REMEMBERED
    op.execute(execution.update().where(execution.c.purged_at.is_not(None)).values(forget_at=later))
    op.create_index(
        "ix_execution_forgetting",
        "execution",
        ["forget_at"],
        unique=False,
        postgresql_where=sa.text("forget_at IS NOT NULL"),
        sqlite_where=sa.text("forget_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_log_line_file_id"), "log_line", ["file_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_log_line_file_id"), table_name="log_line")
    op.drop_index("ix_execution_forgetting", table_name="execution")
    op.drop_column("execution", "forget_at")
