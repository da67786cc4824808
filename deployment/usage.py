"""Usage: what runs have cost. A run is counted as it ends; one that never came to the workers costs nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.models import Execution, ExecutionFile, ExecutionStatus, Usage


class By(StrEnum):
    """What sums are made for."""

    DAY = "day"
    DEPLOYMENT = "deployment"
    KEY = "key"


COLUMNS = {By.DAY: Usage.day, By.DEPLOYMENT: Usage.deployment_id, By.KEY: Usage.api_key_id}


def record_usage(session: Session, execution_id: UUID, status: ExecutionStatus) -> None:
    """Within the transaction that ends the run, when its files have ended."""
    execution = session.execute(
        sa.select(
            Execution.created_at,
            Execution.organization_id,
            Execution.deployment_id,
            Execution.api_key_id,
            Execution.sealed_at,
        ).where(Execution.id == execution_id)
    ).one()
    if execution.sealed_at is None:
        return
    columns = (ExecutionFile.size, ExecutionFile.pages, ExecutionFile.started_at, ExecutionFile.ended_at)
    files = session.execute(sa.select(*columns).where(ExecutionFile.execution_id == execution_id)).all()
    worked = [file.ended_at - file.started_at for file in files if file.started_at and file.ended_at]
    session.add(
        Usage(
            execution_id=execution_id,
            day=execution.created_at.date(),
            organization_id=execution.organization_id,
            deployment_id=execution.deployment_id,
            api_key_id=execution.api_key_id,
            status=status,
            files=len(files),
            pages=sum(file.pages or 0 for file in files),
            bytes=sum(file.size for file in files),
            seconds=sum(each.total_seconds() for each in worked),
        )
    )


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
