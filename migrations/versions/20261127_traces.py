"""Where a run's trace goes on: a job carries ids and nothing else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b3e6a1f47c20"
down_revision = "7d1c5e90ab36"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("execution", sa.Column("traceparent", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("execution", "traceparent")
