"""Lists of runs: their labels, the metadata that a caller keeps with them, and an index for each way to list them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "91041d00f69a"
down_revision = "3f60b9d4a8e1"
branch_labels = None
depends_on = None

BATCH = 1000
LISTS = {
    "ix_execution_of_organization": ["organization_id"],
    "ix_execution_of_status": ["organization_id", "status"],
    "ix_execution_of_deployment": ["deployment_id", "status"],
}


def upgrade() -> None:
    op.create_table(
        "execution_label",
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["execution_id"], ["execution.id"], name=op.f("fk_execution_label_execution_id")),
        sa.PrimaryKeyConstraint("execution_id", "name", "value", name=op.f("pk_execution_label")),
    )
    found = ["organization_id", "name", "value", "created_at", "execution_id"]
    op.create_index("ix_execution_label_found", "execution_label", found, unique=False)
    op.add_column("execution", sa.Column("metadata", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("execution", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_execution_history", table_name="execution")
    listed = {"postgresql_where": sa.text("deleted_at IS NULL"), "sqlite_where": sa.text("deleted_at IS NULL")}
    for name, columns in LISTS.items():
        op.create_index(name, "execution", [*columns, "created_at", "id"], unique=False, **listed)
    _label_tags()


def _label_tags() -> None:
    """The tags of the runs that there are, so that these are found, too."""
    columns = [sa.column("id", sa.Uuid()), sa.column("organization_id", sa.Uuid()), sa.column("tags", sa.JSON())]
    execution = sa.table("execution", *columns, sa.column("created_at", sa.DateTime(timezone=True)))
    label = sa.table(
        "execution_label",
        sa.column("execution_id", sa.Uuid()),
        sa.column("organization_id", sa.Uuid()),
        sa.column("name", sa.String()),
        sa.column("value", sa.String()),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    connection = op.get_bind()
    tagged = sa.select(execution).where(sa.cast(execution.c.tags, sa.Text()) != "[]")
    for rows in connection.execute(tagged).partitions(BATCH):
        labels = [
            {
                "execution_id": row.id,
                "organization_id": row.organization_id,
                "name": "tag",
                "value": tag,
                "created_at": row.created_at,
            }
            for row in rows
            for tag in dict.fromkeys(row.tags)
        ]
        connection.execute(sa.insert(label), labels)


def downgrade() -> None:
    for name in LISTS:
        op.drop_index(name, table_name="execution")
    op.create_index("ix_execution_history", "execution", ["deployment_id", "created_at"], unique=False)
    op.drop_column("execution", "deleted_at")
    op.drop_column("execution", "metadata")
    op.drop_index("ix_execution_label_found", table_name="execution_label")
    op.drop_table("execution_label")
