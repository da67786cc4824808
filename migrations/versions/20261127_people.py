"""People and where they are logged in; lists over all organisations, and executions found by the names of files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4b8f2d6c19e3"
down_revision = "e05f9a3c7d84"
branch_labels = None
depends_on = None

LISTS = {"ix_execution_of_all": [], "ix_execution_of_all_status": ["status"]}
FILE_NAMES = """
    INSERT INTO execution_label (execution_id, name, value, organization_id, created_at)
    SELECT DISTINCT execution.id, 'file', execution_file.name, execution.organization_id, execution.created_at
    FROM execution JOIN execution_file ON execution_file.execution_id = execution.id
    WHERE execution.deleted_at IS NULL AND length(execution_file.name) BETWEEN 1 AND 200
"""


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('viewer', 'operator', 'administrator')", name=op.f("ck_person_role_is_known")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_person_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name", name=op.f("uq_person_name")),
    )
    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["person.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("sha256", name=op.f("uq_user_session_sha256")),
    )
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"], unique=False)
    op.create_index(op.f("ix_user_session_expires_at"), "user_session", ["expires_at"], unique=False)
    op.create_table(
        "failed_login",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_login")),
    )
    op.create_index(op.f("ix_failed_login_at"), "failed_login", ["at"], unique=False)
    with op.batch_alter_table("audit_line") as table:
        table.alter_column("organization_id", existing_type=sa.Uuid(), nullable=True)
    listed = {"postgresql_where": sa.text("deleted_at IS NULL"), "sqlite_where": sa.text("deleted_at IS NULL")}
    for name, columns in LISTS.items():
        op.create_index(name, "execution", [*columns, "created_at", "id"], unique=False, **listed)
    found = ["name", "value", "created_at", "execution_id"]
    op.create_index("ix_execution_label_of_all", "execution_label", found, unique=False)
    op.execute(FILE_NAMES)


def downgrade() -> None:
    op.execute("DELETE FROM execution_label WHERE name = 'file'")
    op.drop_index("ix_execution_label_of_all", table_name="execution_label")
    for name in LISTS:
        op.drop_index(name, table_name="execution")
    op.execute("DELETE FROM audit_line WHERE organization_id IS NULL")
    with op.batch_alter_table("audit_line") as table:
        table.alter_column("organization_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_table("failed_login")
    op.drop_table("user_session")
    op.drop_table("person")
