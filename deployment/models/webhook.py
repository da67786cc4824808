"""Webhooks of a deployment: who is told of the ends of its runs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from deployment.clock import utcnow
from deployment.database import Model
from deployment.models.states import EventType


class WebhookEndpoint(Model):
    """One URL, and the kinds of ends that it wants to know of. Messages are signed with the deployment's secret."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    deployment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("deployment.id"))
    url: Mapped[str] = mapped_column(sa.Text)
    events: Mapped[list[str]] = mapped_column(sa.JSON, default=lambda: list(EventType))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    __table_args__ = (sa.UniqueConstraint("deployment_id", "url"),)
