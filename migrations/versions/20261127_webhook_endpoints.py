"""Several endpoints for each deployment, a secret that can be rotated, and what became of each try."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "c94b7d2e6f13"
down_revision = "a7c3e1f08b52"
branch_labels = None
depends_on = None

EVENTS = {"COMPLETED": "execution.completed", "ERROR": "execution.failed", "STOPPED": "execution.stopped"}


def upgrade() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name=op.f("fk_webhook_endpoint_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
        sa.UniqueConstraint("deployment_id", "url", name=op.f("uq_webhook_endpoint_deployment_id_url")),
    )
    op.create_table(
        "delivery_try",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_try_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_try")),
    )
    op.create_index(op.f("ix_delivery_try_delivery_id"), "delivery_try", ["delivery_id"], unique=False)
    _endpoints_of_deployments()
    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("webhook_previous_secret", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("webhook_previous_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_column("webhook_url")

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deployment_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("event", sa.String(length=32), nullable=True))
    _what_deliveries_tell()
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.alter_column("deployment_id", existing_type=sa.Uuid(), nullable=False)
        batch_op.alter_column("event", existing_type=sa.String(length=32), nullable=False)
        batch_op.alter_column("execution_id", existing_type=sa.Uuid(), nullable=True)
        batch_op.create_foreign_key(batch_op.f("fk_delivery_deployment_id"), "deployment", ["deployment_id"], ["id"])
        batch_op.create_index("ix_delivery_of_deployment", ["deployment_id", "created_at", "id"], unique=False)


def _endpoints_of_deployments() -> None:
    deployment = sa.table("deployment", sa.column("id", sa.Uuid()), sa.column("webhook_url", sa.Text()))
    endpoint = sa.table(
        "webhook_endpoint",
        sa.column("id", sa.Uuid()),
        sa.column("deployment_id", sa.Uuid()),
        sa.column("url", sa.Text()),
        sa.column("events", sa.JSON()),
        sa.column("active", sa.Boolean()),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    connection, now = op.get_bind(), datetime.now(UTC)
    for row in connection.execute(sa.select(deployment).where(deployment.c.webhook_url.is_not(None))).all():
        told = {"deployment_id": row.id, "url": row.webhook_url, "events": list(EVENTS.values())}
        connection.execute(sa.insert(endpoint).values(id=uuid4(), active=True, created_at=now, **told))


def _what_deliveries_tell() -> None:
    names = ("id", "execution_id", "deployment_id")
    delivery = sa.table("delivery", *(sa.column(name, sa.Uuid()) for name in names), sa.column("event", sa.String()))
    execution = sa.table("execution", *(sa.column(name, sa.Uuid()) for name in names), sa.column("status", sa.String()))
    its_run = execution.c.id == delivery.c.execution_id
    event = sa.case(EVENTS, value=execution.c.status, else_=EVENTS["ERROR"])
    op.execute(
        sa.update(delivery).values(
            deployment_id=sa.select(execution.c.deployment_id).where(its_run).scalar_subquery(),
            event=sa.select(event).where(its_run).scalar_subquery(),
        )
    )


def downgrade() -> None:
    op.execute("DELETE FROM delivery_try")
    op.execute("DELETE FROM delivery WHERE execution_id IS NULL")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_delivery_deployment_id"), type_="foreignkey")
        batch_op.drop_index("ix_delivery_of_deployment")
        batch_op.alter_column("execution_id", existing_type=sa.Uuid(), nullable=False)
        for name in ("event", "deployment_id"):
            batch_op.drop_column(name)
    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("webhook_url", sa.Text(), nullable=True))
        batch_op.drop_column("webhook_previous_until")
        batch_op.drop_column("webhook_previous_secret")
    op.execute(
        "UPDATE deployment SET webhook_url = "
        "(SELECT min(url) FROM webhook_endpoint WHERE deployment_id = deployment.id AND active)"
    )
    op.drop_index(op.f("ix_delivery_try_delivery_id"), table_name="delivery_try")
    op.drop_table("delivery_try")
    op.drop_table("webhook_endpoint")
