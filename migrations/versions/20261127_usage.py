"""What each run has cost, and how many pages a file has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e05f9a3c7d84"
down_revision = "c94b7d2e6f13"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("execution_id", name=op.f("pk_usage")),
    )
    op.create_index("ix_usage_by_day", "usage", ["organization_id", "day"], unique=False)
    op.add_column("execution_file", sa.Column("pages", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("execution_file", "pages")
    op.drop_index("ix_usage_by_day", table_name="usage")
    op.drop_table("usage")
