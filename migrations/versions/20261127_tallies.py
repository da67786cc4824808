"""How often things have happened, for metrics."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7d1c5e90ab36"
down_revision = "4b8f2d6c19e3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tally",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("labels", sa.String(length=400), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", name=op.f("pk_tally")),
    )


def downgrade() -> None:
    op.drop_table("tally")
