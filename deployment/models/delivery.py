"""The outbox of webhooks: a row for each message and each endpoint that wants it, and one for each try to send it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from deployment.database import Model
from deployment.models.states import DeliveryStatus

DUE_SQL = "due_at IS NOT NULL"


class Delivery(Model):
    """Made in the transaction that ends the run. `id` is the message's id at the receiver, the same for each try."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    deployment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("deployment.id"))
    execution_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("execution.id"))
    """None for a test message."""
    event: Mapped[str] = mapped_column(sa.String(32))
    """A word of `EventType`, or `TEST_EVENT`: the `type` of the message."""
    url: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.String(16), default=DeliveryStatus.PENDING)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(sa.Text)
    """Why the last try failed."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        sa.UniqueConstraint("execution_id", "url"),
        sa.Index("ix_delivery_of_deployment", "deployment_id", "created_at", "id"),
        sa.CheckConstraint(
            "(status = 'PENDING' AND due_at IS NOT NULL AND ended_at IS NULL) OR "
            "(status IN ('DELIVERED', 'GIVEN_UP') AND due_at IS NULL AND ended_at IS NOT NULL)",
            name="pending_is_due",
        ),
        sa.Index("ix_delivery_due", "due_at", postgresql_where=sa.text(DUE_SQL), sqlite_where=sa.text(DUE_SQL)),
    )


class DeliveryTry(Model):
    """One try, as an operator wants to see it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(sa.ForeignKey("delivery.id"), index=True)
    at: Mapped[datetime]
    seconds: Mapped[float]
    """From the first byte sent to the receiver's answer, or to the failure."""
    response_status: Mapped[int | None]
    """None where there was no answer."""
    error: Mapped[str | None] = mapped_column(sa.Text)
