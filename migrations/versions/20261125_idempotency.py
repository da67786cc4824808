"""The caller's name for its request, by which a repeated one finds the run that there is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d95a3c1f7b28"
down_revision = "8e41d0b6f2c7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("execution", sa.Column("idempotency_key", sa.String(length=255), nullable=True))
    op.add_column("execution", sa.Column("idempotency_fingerprint", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_execution_idempotency",
        "execution",
        ["api_key_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_execution_idempotency", table_name="execution")
    op.drop_column("execution", "idempotency_fingerprint")
    op.drop_column("execution", "idempotency_key")
