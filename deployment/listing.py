"""Lists of executions: a page of those that have what is asked for, the newest first.

A page ends in a place between two rows, not in a number of rows: what is accepted meanwhile moves nothing. Each
question is a range of one index, however many rows are stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, joinedload

from deployment.models import Deployment, Execution, ExecutionLabel

Position = tuple[datetime, UUID]
"""When a run was accepted, and its id: where a page has ended."""
Label = tuple[str, str]


@dataclass(frozen=True)
class Filters:
    """What is asked for, within one organisation. `labels` are names and values, all of which a run must have."""

    organization_id: UUID
    deployment_id: UUID | None = None
    statuses: Sequence[str] = ()
    labels: Sequence[Label] = ()
    after: datetime | None = None
    before: datetime | None = None


def page(session: Session, filters: Filters, behind: Position | None, limit: int) -> Sequence[Execution]:
    """At most `limit` runs, with their deployments, that come `behind` a position. Deleted ones are left out."""
    found = _by_label if filters.labels else _by_status if filters.statuses else _all
    ids = found(filters, behind).limit(limit).subquery()
    whole = sa.select(Execution).join(ids, ids.c.id == Execution.id)
    order = (Execution.created_at.desc(), Execution.id.desc())
    loaded = joinedload(Execution.deployment).joinedload(Deployment.organization)
    return session.scalars(whole.order_by(*order).options(loaded)).all()


def _all(filters: Filters, behind: Position | None) -> sa.Select[UUID]:
    mine = sa.select(Execution.id).where(Execution.organization_id == filters.organization_id)
    ids = mine.where(*_between(filters, behind, Execution.created_at, Execution.id))
    return ids.where(*_rest(filters)).order_by(Execution.created_at.desc(), Execution.id.desc())


def _by_status(filters: Filters, behind: Position | None) -> sa.Select[UUID]:
    """For each status its own range of the index; there are six at most."""
    parts = [_all(filters, behind).where(Execution.status == status) for status in dict.fromkeys(filters.statuses)]
    if len(parts) == 1:
        return parts[0]
    each = [part.add_columns(Execution.created_at).limit(1000).subquery() for part in parts]
    both = sa.union_all(*(sa.select(part) for part in each)).subquery()
    return sa.select(both.c.id).order_by(both.c.created_at.desc(), both.c.id.desc())


def _by_label(filters: Filters, behind: Position | None) -> sa.Select[UUID]:
    """The first label leads, along its index; a run must have the others, too."""
    lead, (name, value), others = aliased(ExecutionLabel), filters.labels[0], filters.labels[1:]
    ids = (
        sa.select(Execution.id)
        .join(lead, lead.execution_id == Execution.id)
        .where(lead.organization_id == filters.organization_id, lead.name == name, lead.value == value)
        .where(*_between(filters, behind, lead.created_at, lead.execution_id), *_rest(filters))
        .order_by(lead.created_at.desc(), lead.execution_id.desc())
    )
    if filters.statuses:
        ids = ids.where(Execution.status.in_(filters.statuses))
    for name, value in others:
        other = aliased(ExecutionLabel)
        ids = ids.where(sa.exists().where(other.execution_id == Execution.id, other.name == name, other.value == value))
    return ids


def _between(
    filters: Filters,
    behind: Position | None,
    created_at: InstrumentedAttribute[datetime],
    row_id: InstrumentedAttribute[UUID],
) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if filters.after is not None:
        found.append(created_at >= filters.after)
    if filters.before is not None:
        found.append(created_at < filters.before)
    if behind is not None:
        at, last_id = behind
        found.append(sa.tuple_(created_at, row_id) < sa.tuple_(sa.literal(at, created_at.type), sa.literal(last_id)))
    return found


def _rest(filters: Filters) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [Execution.deleted_at.is_(None)]
    if filters.deployment_id is not None:
        found.append(Execution.deployment_id == filters.deployment_id)
    return found
