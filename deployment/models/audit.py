"""The audit: who has changed what, of what outlives a run."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from deployment.clock import utcnow
from deployment.database import Model


class AuditLine(Model):
    """One change. It is written in the transaction that makes it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("organization.id"))
    """None where it is about the whole installation."""
    at: Mapped[datetime] = mapped_column(default=utcnow)
    actor: Mapped[str] = mapped_column(sa.String(80))
    """As `key alk_Ab12Cd34`, `user ada` or `command line`."""
    action: Mapped[str] = mapped_column(sa.String(40))
    """As `key.created`: what it was done to, then what was done."""
    subject: Mapped[str] = mapped_column(sa.String(160))
    """Its id, or the name by which people know it."""
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    """What has changed; never a secret."""

    __table_args__ = (sa.Index("ix_audit_line_of_organization", "organization_id", "id"),)


def audit(
    session: Session, organization_id: UUID | None, actor: str, action: str, subject: str, **details: Any
) -> None:
    """Note a change, within the transaction that makes it."""
    line = AuditLine(organization_id=organization_id, actor=actor, action=action, subject=subject, details=details)
    session.add(line)
