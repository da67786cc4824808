"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0f79d9fcad19"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.execute("INSERT INTO installation (id) VALUES (1)")
    op.create_table(
        "organization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("name", name=op.f("uq_organization_name")),
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("workflow", sa.String(length=64), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("single_use", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_deployment_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_deployment_organization_id_name")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=True),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name=op.f("fk_api_key_deployment_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_api_key_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("sha256", name=op.f("uq_api_key_sha256")),
    )
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_key_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "execution",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("workflow", sa.String(length=64), nullable=False),
        sa.Column("workflow_version", sa.String(length=64), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("custom_data", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("guard_token", sa.String(length=64), nullable=False),
        sa.Column("total_files", sa.Integer(), nullable=False),
        sa.Column("open_files", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleanup_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleanup_tries", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status IN ('PENDING', 'QUEUED', 'EXECUTING') AND lease_expires_at IS NOT NULL AND ended_at IS NULL) OR (status IN ('COMPLETED', 'ERROR', 'STOPPED') AND lease_expires_at IS NULL AND ended_at IS NOT NULL AND ended_by IS NOT NULL)",
            name=op.f("ck_execution_live_has_lease"),
        ),
        sa.CheckConstraint(
            "status <> 'ERROR' OR (error IS NOT NULL AND error <> '')", name=op.f("ck_execution_error_has_reason")
        ),
        sa.CheckConstraint("open_files BETWEEN 0 AND total_files", name=op.f("ck_execution_open_files_counted")),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name=op.f("fk_execution_api_key_id")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name=op.f("fk_execution_deployment_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_execution_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_execution")),
    )
    with op.batch_alter_table("execution", schema=None) as batch_op:
        batch_op.create_index(
            "ix_execution_cleanup",
            ["cleanup_due_at"],
            unique=False,
            postgresql_where=sa.text("cleanup_due_at IS NOT NULL"),
            sqlite_where=sa.text("cleanup_due_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_execution_expiry",
            ["expires_at"],
            unique=False,
            postgresql_where=sa.text("expires_at IS NOT NULL AND purged_at IS NULL"),
            sqlite_where=sa.text("expires_at IS NOT NULL AND purged_at IS NULL"),
        )
        batch_op.create_index("ix_execution_history", ["deployment_id", "created_at"], unique=False)
        batch_op.create_index(
            "ix_execution_overdue",
            ["lease_expires_at"],
            unique=False,
            postgresql_where=sa.text("status IN ('PENDING', 'QUEUED', 'EXECUTING')"),
            sqlite_where=sa.text("status IN ('PENDING', 'QUEUED', 'EXECUTING')"),
        )
        batch_op.create_index(
            "ix_execution_slots",
            ["organization_id", "api_key_id"],
            unique=False,
            postgresql_where=sa.text("status IN ('PENDING', 'QUEUED', 'EXECUTING')"),
            sqlite_where=sa.text("status IN ('PENDING', 'QUEUED', 'EXECUTING')"),
        )

    op.create_table(
        "execution_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("dispatch", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=64), nullable=True),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status IN ('WAITING', 'QUEUED', 'EXECUTING') AND lease_expires_at IS NOT NULL AND ended_at IS NULL) OR (status IN ('SUCCESS', 'FAILED', 'STOPPED') AND lease_expires_at IS NULL AND ended_at IS NOT NULL)",
            name=op.f("ck_execution_file_open_has_lease"),
        ),
        sa.CheckConstraint(
            "status <> 'FAILED' OR (error IS NOT NULL AND error <> '')",
            name=op.f("ck_execution_file_failed_has_reason"),
        ),
        sa.ForeignKeyConstraint(["execution_id"], ["execution.id"], name=op.f("fk_execution_file_execution_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_execution_file")),
        sa.UniqueConstraint("execution_id", "ordinal", name=op.f("uq_execution_file_execution_id_ordinal")),
    )
    with op.batch_alter_table("execution_file", schema=None) as batch_op:
        batch_op.create_index(
            "ix_execution_file_overdue",
            ["lease_expires_at"],
            unique=False,
            postgresql_where=sa.text("status IN ('QUEUED', 'EXECUTING')"),
            sqlite_where=sa.text("status IN ('QUEUED', 'EXECUTING')"),
        )

    op.create_table(
        "log_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["execution_id"], ["execution.id"], name=op.f("fk_log_line_execution_id")),
        sa.ForeignKeyConstraint(["file_id"], ["execution_file.id"], name=op.f("fk_log_line_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_line")),
    )
    with op.batch_alter_table("log_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_log_line_execution_id"), ["execution_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("log_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_log_line_execution_id"))

    op.drop_table("log_line")
    with op.batch_alter_table("execution_file", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_execution_file_overdue",
            postgresql_where=sa.text("status IN ('QUEUED', 'EXECUTING')"),
            sqlite_where=sa.text("status IN ('QUEUED', 'EXECUTING')"),
        )

    op.drop_table("execution_file")
    with op.batch_alter_table("execution", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_execution_slots",
            postgresql_where=sa.text("status IN ('PENDING', 'QUEUED', 'EXECUTING')"),
            sqlite_where=sa.text("status IN ('PENDING', 'QUEUED', 'EXECUTING')"),
        )
        batch_op.drop_index(
            "ix_execution_overdue",
            postgresql_where=sa.text("status IN ('PENDING', 'QUEUED', 'EXECUTING')"),
            sqlite_where=sa.text("status IN ('PENDING', 'QUEUED', 'EXECUTING')"),
        )
        batch_op.drop_index("ix_execution_history")
        batch_op.drop_index(
            "ix_execution_expiry",
            postgresql_where=sa.text("expires_at IS NOT NULL AND purged_at IS NULL"),
            sqlite_where=sa.text("expires_at IS NOT NULL AND purged_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_execution_cleanup",
            postgresql_where=sa.text("cleanup_due_at IS NOT NULL"),
            sqlite_where=sa.text("cleanup_due_at IS NOT NULL"),
        )

    op.drop_table("execution")
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_key_organization_id"))

    op.drop_table("api_key")
    op.drop_table("deployment")
    op.drop_table("organization")
    op.drop_table("installation")
