"""Tallies: how often something has happened since the beginning, for metrics; no move ever depends on one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from deployment.database import Model


class Tally(Model):
    """One number. It only grows, by what each process adds."""

    name: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    labels: Mapped[str] = mapped_column(sa.String(400), primary_key=True)
    """A JSON object, its keys sorted."""
    value: Mapped[float]
