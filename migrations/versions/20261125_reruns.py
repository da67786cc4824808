"""Of which run a run is a rerun, and whose inputs are kept so that there can be one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3f60b9d4a8e1"
down_revision = "d95a3c1f7b28"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deployment", sa.Column("keep_inputs", sa.Boolean(), nullable=True))
    op.add_column("execution", sa.Column("rerun_of", sa.Uuid(), nullable=True))
    op.add_column("execution", sa.Column("keep_inputs", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("execution", "keep_inputs")
    op.drop_column("execution", "rerun_of")
    op.drop_column("deployment", "keep_inputs")
