"""By what a file's result is found again, whether a file has an earlier one's, and whether its caller wanted that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8e41d0b6f2c7"
down_revision = "c2f7d83e6a10"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("execution", sa.Column("use_file_history", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("execution_file", sa.Column("fingerprint", sa.String(length=64), nullable=True))
    op.add_column("execution_file", sa.Column("from_history", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_execution_file_history",
        "execution_file",
        ["fingerprint", "ended_at"],
        unique=False,
        postgresql_where=sa.text("fingerprint IS NOT NULL"),
        sqlite_where=sa.text("fingerprint IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_execution_file_history", table_name="execution_file")
    op.drop_column("execution_file", "from_history")
    op.drop_column("execution_file", "fingerprint")
    op.drop_column("execution", "use_file_history")
