"""What a key may do and use, who has changed what, and deployments that are deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a7c3e1f08b52"
down_revision = "91041d00f69a"
branch_labels = None
depends_on = None

CALLING = '["run", "read", "stop"]'
"""What every key could do so far."""


def upgrade() -> None:
    op.create_table(
        "audit_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_audit_line_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_line")),
    )
    op.create_index("ix_audit_line_of_organization", "audit_line", ["organization_id", "id"], unique=False)

    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scopes", sa.JSON(), server_default=CALLING, nullable=False))
        batch_op.add_column(sa.Column("requests_per_minute", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("upload_mb_per_day", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_deployment_organization_id_name"), type_="unique")
        batch_op.create_index(
            "ix_deployment_name",
            ["organization_id", "name"],
            unique=True,
            postgresql_where=sa.text("deleted_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.drop_index("ix_deployment_name")
        batch_op.create_unique_constraint(batch_op.f("uq_deployment_organization_id_name"), ["organization_id", "name"])
        batch_op.drop_column("deleted_at")

    with op.batch_alter_table("api_key", schema=None) as batch_op:
        for name in ("last_used_at", "upload_mb_per_day", "requests_per_minute", "scopes"):
            batch_op.drop_column(name)
    op.drop_index("ix_audit_line_of_organization", table_name="audit_line")
    op.drop_table("audit_line")
