"""Lists of executions: a page of those that have what is asked for, the newest first.

A page ends in a place between two rows, not in a number of rows: what is accepted meanwhile moves nothing. Each
question is a range of one index, however many rows are stored, and of several filters the narrowest one leads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from deployment.models import Deployment, Execution, ExecutionLabel, ExecutionStatus

Position = tuple[datetime, UUID]
"""When a run was accepted, and its id: where a page has ended."""
Label = tuple[str, str]
Conditions = Iterator[sa.ColumnElement[bool]]
Range = sa.Select[UUID, datetime]
"""Ids of runs, and when these were accepted."""

WEIGHED = 1000
"""So many rows of each filter are looked at to find the narrowest; what has more is wide."""


@dataclass(frozen=True)
class Filters:
    """What is asked for, within one organisation, or in all of them: then None, for whoever operates them.

    `labels` are names and values, all of which a run must have.
    """

    organization_id: UUID | None
    deployment_id: UUID | None = None
    statuses: Sequence[str] = ()
    labels: Sequence[Label] = ()
    after: datetime | None = None
    before: datetime | None = None


def page(session: Session, filters: Filters, behind: Position | None, limit: int) -> Sequence[Execution]:
    """At most `limit` runs, with their deployments, that come `behind` a position. Deleted ones are left out."""
    lead = _narrowest(session, filters, behind)
    found = _along_label(filters, behind, lead) if lead else _along_runs(filters, behind, limit)
    ids = found.limit(limit).subquery()
    whole = sa.select(Execution).join(ids, ids.c.id == Execution.id)
    mine = () if filters.organization_id is None else (Execution.organization_id == filters.organization_id,)
    loaded = joinedload(Execution.deployment).joinedload(Deployment.organization)
    newest = _newest(Execution.created_at, Execution.id)
    return session.scalars(whole.where(*mine).order_by(*newest).options(loaded)).all()


def _narrowest(session: Session, filters: Filters, behind: Position | None) -> Label | None:
    """The label that leads to the fewest runs; None if the other filters lead to fewer, or no label is asked for."""
    leads: list[Label | None] = list(dict.fromkeys(filters.labels))
    if not leads or filters.statuses or filters.deployment_id:
        leads.append(None)
    if len(leads) == 1:
        return leads[0]
    runs = _along_runs(replace(filters, labels=()), behind, WEIGHED)
    ranges = [_label_range(filters, behind, *lead) if lead else runs for lead in leads]
    weighed = sa.union_all(*(_weight(number, each) for number, each in enumerate(ranges)))
    lead: int = session.execute(weighed.order_by("size", "reach").limit(1)).one().number
    return leads[lead]


def _weight(number: int, ranged: Range) -> sa.Select[int, int, Any]:
    """Of two that are wide, the sparser one reaches further back."""
    newest = ranged.limit(WEIGHED).subquery()
    size, reach = sa.func.count().label("size"), sa.func.min(newest.c.created_at).label("reach")
    return sa.select(sa.literal(number).label("number"), size, reach).select_from(newest)


def _run_range(filters: Filters, behind: Position | None) -> Range:
    within = _between(filters, behind, Execution.created_at, Execution.id)
    runs = sa.select(Execution.id, Execution.created_at).where(*_scope(filters), *within)
    return runs.order_by(*_newest(Execution.created_at, Execution.id))


def _label_range(filters: Filters, behind: Position | None, name: str, value: str) -> Range:
    label = ExecutionLabel
    mine = [label.name == name, label.value == value]
    if filters.organization_id is not None:
        mine.append(label.organization_id == filters.organization_id)
    within = _between(filters, behind, label.created_at, label.execution_id)
    labels = sa.select(label.execution_id, label.created_at).where(*mine, *within)
    return labels.order_by(*_newest(label.created_at, label.execution_id))


def _along_runs(filters: Filters, behind: Position | None, limit: int) -> Range:
    """Each status is a range of its own, since in an index the instants are behind the status; there are six."""
    statuses = filters.statuses or (list(ExecutionStatus) if filters.deployment_id else [])
    runs = _run_range(filters, behind).where(*_labelled(filters.labels))
    parts = [runs.where(Execution.status == status).limit(limit) for status in dict.fromkeys(statuses)] or [runs]
    if len(parts) == 1:
        return parts[0]
    merged = sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery()
    return sa.select(merged.c.id, merged.c.created_at).order_by(*_newest(merged.c.created_at, merged.c.id))


def _along_label(filters: Filters, behind: Position | None, lead: Label) -> Range:
    label = _label_range(filters, behind, *lead).order_by(None).subquery()
    runs = sa.select(Execution.id, label.c.created_at).join(label, label.c.execution_id == Execution.id)
    runs = runs.where(*_scope(filters), *_with_status(filters))
    runs = runs.where(*_labelled(each for each in filters.labels if each != lead))
    return runs.order_by(*_newest(label.c.created_at, label.c.execution_id))


def _scope(filters: Filters) -> Conditions:
    """A deployment says whose it is: beside it the organisation would only lead SQLite to the wrong index."""
    yield Execution.deleted_at.is_(None)
    if filters.deployment_id is not None:
        yield Execution.deployment_id == filters.deployment_id
    elif filters.organization_id is not None:
        yield Execution.organization_id == filters.organization_id


def _with_status(filters: Filters) -> Conditions:
    if filters.statuses:
        yield Execution.status.in_(filters.statuses)


def _labelled(labels: Iterable[Label]) -> Conditions:
    """Looked up for each run of the range; as an EXISTS, PostgreSQL might read all labels for it instead."""
    for name, value in labels:
        other = aliased(ExecutionLabel)
        mine = (other.execution_id == Execution.id, other.name == name, other.value == value)
        yield sa.select(other.value).where(*mine).scalar_subquery().is_not(None)


def _between(filters: Filters, behind: Position | None, created_at: Any, row_id: Any) -> Conditions:
    if filters.after is not None:
        yield created_at >= filters.after
    if filters.before is not None:
        yield created_at < filters.before
    if behind is not None:
        at, last_id = behind
        yield sa.tuple_(created_at, row_id) < sa.tuple_(sa.literal(at, created_at.type), sa.literal(last_id))


def _newest(created_at: Any, row_id: Any) -> tuple[Any, Any]:
    return created_at.desc(), row_id.desc()
