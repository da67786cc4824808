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
    session.execute(_RECORD, {"ended": execution_id, "as": status})


def _record() -> sa.Insert:
    run, file, ended = Execution, ExecutionFile, sa.bindparam("ended", type_=sa.Uuid())
    counted = {
        Usage.execution_id: run.id,
        Usage.day: sa.func.date(run.created_at),
        Usage.organization_id: run.organization_id,
        Usage.deployment_id: run.deployment_id,
        Usage.api_key_id: run.api_key_id,
        Usage.status: sa.bindparam("as", type_=sa.String()),
        Usage.files: sa.func.count(file.id),
        Usage.pages: sa.func.coalesce(sa.func.sum(file.pages), 0),
        Usage.bytes: sa.func.coalesce(sa.func.sum(file.size), 0),
        Usage.seconds: sa.func.coalesce(sa.func.sum(seconds_between(file.started_at, file.ended_at)), 0.0),
    }
    sums = (
        sa.select(*counted.values())
        .outerjoin(file, file.execution_id == run.id)
        .where(run.id == ended, run.sealed_at.is_not(None), ~sa.exists().where(Usage.execution_id == ended))
        .group_by(run.id)
    )
    table = Usage.metadata.tables[Usage.__tablename__]  # parameters of a model's INSERT would be rows
    return sa.insert(table).from_select([column.key for column in counted], sums)


_RECORD = _record()
"""Made once: to put it together took longer than to run it."""


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
