"""Usage: what runs have cost. A run is counted as it ends; one that never came to the workers costs nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.instants import seconds_between
from deployment.models import Execution, ExecutionFile, ExecutionStatus, Usage


class By(StrEnum):
    """What sums are made for."""

    DAY = "day"
    DEPLOYMENT = "deployment"
    KEY = "key"


COLUMNS = {By.DAY: Usage.day, By.DEPLOYMENT: Usage.deployment_id, By.KEY: Usage.api_key_id}


def record_usage(session: Session, execution_id: UUID, status: ExecutionStatus) -> None:
    """Within the transaction that ends the run, when its files have ended: one statement, and once for all."""
    run, file = Execution, ExecutionFile
    worked = sa.func.coalesce(sa.func.sum(seconds_between(file.started_at, file.ended_at)), 0.0)
    counted = {
        Usage.execution_id: run.id,
        Usage.day: sa.func.date(run.created_at),
        Usage.organization_id: run.organization_id,
        Usage.deployment_id: run.deployment_id,
        Usage.api_key_id: run.api_key_id,
        Usage.status: sa.literal(status),
        Usage.files: sa.func.count(file.id),
        Usage.pages: sa.func.coalesce(sa.func.sum(file.pages), 0),
        Usage.bytes: sa.func.coalesce(sa.func.sum(file.size), 0),
        Usage.seconds: worked,
    }
    known = sa.exists().where(Usage.execution_id == execution_id)
    sums = (
        sa.select(*counted.values())
        .outerjoin(file, file.execution_id == run.id)
        .where(run.id == execution_id, run.sealed_at.is_not(None), ~known)
        .group_by(run.id)
    )
    session.execute(sa.insert(Usage).from_select(list(counted), sums))


def usage_of(
    session: Session, organization_id: UUID, deployment_id: UUID | None, first: date, last: date, by: Collection[By]
) -> list[dict[str, Any]]:
    """Sums over the days from `first` to `last`, for each day, deployment and key that `by` tells apart."""
    apart = [COLUMNS[each].label(each) for each in By if each in by]
    question = (
        sa.select(*apart, *_sums())
        .where(Usage.organization_id == organization_id, Usage.day.between(first, last))
        .group_by(*apart)
        .order_by(*apart)
    )
    if deployment_id is not None:
        question = question.where(Usage.deployment_id == deployment_id)
    return [dict(row) for row in session.execute(question).mappings()]


def _sums() -> list[sa.ColumnElement[Any]]:
    count = sa.func.count()
    return [
        count.label("executions"),
        *(count.filter(Usage.status == status).label(status.lower()) for status in ("COMPLETED", "ERROR", "STOPPED")),
        *(sa.func.coalesce(sa.func.sum(column), 0).label(column.key) for column in _SUMMED),
    ]


_SUMMED = (Usage.files, Usage.pages, Usage.bytes, Usage.seconds)
