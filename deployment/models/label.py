"""Labels: the tags, the metadata and the file names of a run, a row for each, so that runs are found by them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from deployment.database import Model

TAG = "tag"
"""The name of a label that is a tag; a tag is its value."""
FILE = "file"
"""The name of a label that is the name of a file."""
METADATA = "metadata."
"""What the name of a label begins with that is a key of the metadata; its value is the text of that key's value."""
VALUE_LENGTH = 200
"""Longer values are kept with the run, and cannot be looked for."""


class ExecutionLabel(Model):
    """`organization_id` and `created_at` are those of the run: a page of a list is then one range of the index."""

    execution_id: Mapped[UUID] = mapped_column(sa.ForeignKey("execution.id"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(VALUE_LENGTH), primary_key=True)
    organization_id: Mapped[UUID]
    created_at: Mapped[datetime]

    __table_args__ = (
        sa.Index("ix_execution_label_found", "organization_id", "name", "value", "created_at", "execution_id"),
        sa.Index("ix_execution_label_of_all", "name", "value", "created_at", "execution_id"),
    )
