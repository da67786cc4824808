"""The installation at a glance, or one organisation: what is live, what has failed, how many, how fast.

Each question reads what is live, or a stretch of an index; none reads all that is stored.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.clock import utcnow
from deployment.instants import seconds_between
from deployment.listing import Filters, page
from deployment.models import LIVE, OPEN, Execution, ExecutionFile, ExecutionStatus, Organization, is_one_of
from deployment.policy import Policy

HOURS = 24
FAILURES = 1000
"""So many of the newest failures are grouped."""
VARYING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|'[^']*'|\"[^\"]*\"|\d{4}-\d\d-\d\dT[\d:.+]+|\d+"
)
"""What tells reasons of one kind apart: ids, quotations, instants, numbers."""


@dataclass(frozen=True)
class Kind:
    """Failures of one kind: how many, one of their reasons, and the newest one."""

    count: int
    reason: str
    newest: Execution


@dataclass(frozen=True)
class Slots:
    """Live runs of an organisation, and how many there may be."""

    organization: str
    used: int
    allowed: int


def live_counts(session: Session, organization_id: UUID | None) -> dict[str, int]:
    """Live runs by status, in the order of their lives."""
    question = sa.select(Execution.status, sa.func.count()).where(*_live(organization_id)).group_by(Execution.status)
    counts = {row[0]: row[1] for row in session.execute(question)}
    return {str(status): counts.get(status, 0) for status in LIVE}


def oldest_waiting(session: Session, organization_id: UUID | None) -> Execution | None:
    """The run that has waited longest for its first worker."""
    waiting = sa.select(Execution).where(*_live(organization_id), Execution.started_at.is_(None))
    return session.scalar(waiting.order_by(Execution.created_at).limit(1))


def overdue(session: Session, organization_id: UUID | None, policy: Policy) -> int:
    """Live runs and open files whose lease is over for longer than a pass of the reconciler takes: to be 0."""
    late = utcnow() - policy.clock_skew - policy.reconcile_interval * 2
    runs = sa.select(sa.func.count()).where(*_live(organization_id), Execution.lease_expires_at <= late)
    file = ExecutionFile
    open_files = sa.select(sa.func.count()).select_from(file).join(Execution, Execution.id == file.execution_id)
    files = open_files.where(*_live(organization_id), is_one_of(file.status, OPEN), file.lease_expires_at <= late)
    return (session.scalar(runs) or 0) + (session.scalar(files) or 0)


def failures_by_kind(session: Session, organization_id: UUID | None) -> list[Kind]:
    """Of the last day, the most frequent first."""
    since = Filters(organization_id, statuses=[ExecutionStatus.ERROR], after=utcnow() - timedelta(hours=HOURS))
    found = page(session, since, None, FAILURES)
    kinds = Counter(_kind(run.error) for run in found)
    newest = {_kind(run.error): run for run in reversed(found)}
    return [Kind(count, newest[kind].error or "", newest[kind]) for kind, count in kinds.most_common()]


def accepted_by_hour(session: Session, organization_id: UUID | None, now: datetime) -> list[dict[str, int]]:
    """For each of the last 24 hours, the oldest first: how many were accepted, by what has become of them."""
    began = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    start = sa.literal(began, Execution.created_at.type)
    hour = sa.cast(seconds_between(start, Execution.created_at), sa.Integer) // 3600
    mine = () if organization_id is None else (Execution.organization_id == organization_id,)
    counted = sa.select(hour, Execution.status, sa.func.count()).where(
        Execution.created_at >= began, Execution.deleted_at.is_(None), *mine
    )
    hours: list[dict[str, int]] = [{} for _ in range(HOURS)]
    for index, status, count in session.execute(counted.group_by(hour, Execution.status)):
        hours[min(max(index, 0), HOURS - 1)][status] = count
    return hours


def newest_ended(session: Session, organization_id: UUID | None, limit: int) -> Sequence[Execution]:
    """The newest runs that have completed or failed, for a picture of how long they took."""
    ended = [ExecutionStatus.COMPLETED, ExecutionStatus.ERROR]
    return page(session, Filters(organization_id, statuses=ended), None, limit)


def slots_in_use(session: Session, organization_id: UUID | None, policy: Policy) -> list[Slots]:
    """Of each organisation with a live run, or of the one; the fullest first."""
    live = sa.select(Execution.organization_id, sa.func.count().label("used")).where(*_live(organization_id))
    counts = live.group_by(Execution.organization_id).subquery()
    joined = sa.select(Organization.name, Organization.concurrency, counts.c.used)
    rows = session.execute(joined.join(counts, counts.c.organization_id == Organization.id))
    slots = [Slots(row.name, row.used, row.concurrency or policy.org_concurrency) for row in rows]
    return sorted(slots, key=lambda each: each.used / each.allowed, reverse=True)


def _live(organization_id: UUID | None) -> list[sa.ColumnElement[bool]]:
    mine = [] if organization_id is None else [Execution.organization_id == organization_id]
    return [is_one_of(Execution.status, LIVE), *mine]


def _kind(reason: str | None) -> str:
    return VARYING.sub("…", reason or "")
