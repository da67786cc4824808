"""How often a file was tried again on its workflow's word, and when its next try is due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5b1e0c7a9d24"
down_revision = "482725c7ac99"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The CHECK comes with its column: SQLite could add it to the table only by copying it, log lines' references and all.
    waited_for = sa.CheckConstraint(
        "retry_at IS NULL OR status = 'WAITING'", name=op.f("ck_execution_file_retry_is_waited_for")
    )
    op.add_column("execution_file", sa.Column("retries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("execution_file", sa.Column("retry_at", sa.DateTime(timezone=True), waited_for, nullable=True))


def downgrade() -> None:
    op.drop_column("execution_file", "retry_at")
    op.drop_column("execution_file", "retries")
