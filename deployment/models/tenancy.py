"""Who may run what: the installation, organisations, their deployments and their keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deployment.clock import utcnow
from deployment.database import Model
from deployment.models.scopes import CALLING

THERE_SQL = "deleted_at IS NULL"


class Installation(Model):
    """The one row whose lock orders every accept, and which tells when the reconciler last went round."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reconciled_at: Mapped[datetime | None]

    __table_args__ = (sa.CheckConstraint("id = 1", name="only_one"),)


class Organization(Model):
    """A tenant. `concurrency` overrides `ORG_CONCURRENCY`: live executions at once."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(sa.String(64), unique=True)
    concurrency: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Deployment(Model):
    """A workflow with its options under a name; callers POST to `/deployment/api/{org}/{name}/`."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organization.id"))
    name: Mapped[str] = mapped_column(sa.String(64))
    workflow: Mapped[str] = mapped_column(sa.String(64))
    options: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    single_use: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    keep_inputs: Mapped[bool | None]
    """Whether the inputs of its runs stay as long as their results; None: as `KEEP_INPUTS` says."""
    webhook_secret: Mapped[str | None] = mapped_column(sa.String(64))
    """Signs all messages about its runs, whoever gets them."""
    webhook_previous_secret: Mapped[str | None] = mapped_column(sa.String(64))
    webhook_previous_until: Mapped[datetime | None]
    """Until when the secret before the last rotation signs them, too."""
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    deleted_at: Mapped[datetime | None]
    """A deleted one stays as long as its runs do, and nobody finds it; its name is free again."""

    organization: Mapped[Organization] = relationship()

    __table_args__ = (
        sa.Index(
            "ix_deployment_name",
            "organization_id",
            "name",
            unique=True,
            postgresql_where=sa.text(THERE_SQL),
            sqlite_where=sa.text(THERE_SQL),
        ),
    )


class ApiKey(Model):
    """A key of an organisation, or of one of its deployments. Only its SHA-256 is stored."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    deployment_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("deployment.id"))
    label: Mapped[str] = mapped_column(sa.String(64), default="")
    prefix: Mapped[str] = mapped_column(sa.String(16))
    sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    scopes: Mapped[list[str]] = mapped_column(sa.JSON, default=lambda: list(CALLING))
    """What it may do on the native API, words of `Scope`; on the wire, running and reading is all there is."""
    concurrency: Mapped[int | None]
    requests_per_minute: Mapped[int | None]
    upload_mb_per_day: Mapped[int | None]
    """These three, where they are set, count instead of the installation's limits."""
    last_used_at: Mapped[datetime | None]
    """To the minute: a request must not write each time."""
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
