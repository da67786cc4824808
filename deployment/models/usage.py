"""Usage: what each run has cost, in one small row that stays when the run itself is forgotten."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from deployment.database import Model


class Usage(Model):
    """Written in the transaction that ends the run. It names nobody by a reference: deployments and keys may go."""

    execution_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date]
    """On which the run was accepted, in UTC."""
    organization_id: Mapped[UUID]
    deployment_id: Mapped[UUID]
    api_key_id: Mapped[UUID | None]
    status: Mapped[str] = mapped_column(sa.String(16))
    files: Mapped[int]
    pages: Mapped[int]
    """Of the files that succeeded and whose workflow counts pages."""
    bytes: Mapped[int] = mapped_column(sa.BigInteger)
    seconds: Mapped[float]
    """That workers have held its files, the last attempt at each."""

    __table_args__ = (sa.Index("ix_usage_by_day", "organization_id", "day"),)
