"""One execution: its reason first, its life as a picture, its files, its log, its deliveries, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from flask import render_template
from sqlalchemy.orm import Session

from deployment.advice import advice_for, explain
from deployment.clock import utcnow
from deployment.console.page import page
from deployment.console.people import visible_run
from deployment.console.pictures.timeline import timeline
from deployment.console.results import results_of
from deployment.kept_inputs import NotRerunnable, require_inputs
from deployment.models import ApiKey, Delivery, DeliveryTry, Execution, LogLine, Role, Usage
from deployment.parts import current_parts as parts

LINES = 500
"""The newest lines of a log that are shown."""


@page("/executions/<uuid:execution_id>", Role.VIEWER)
def execution(execution_id: UUID) -> str:
    """How it stands, and why."""
    run = visible_run(execution_id)
    results, no_results = results_of(run)
    with parts().database.reading() as session:
        lines = _log(session, run)
        return render_template(
            "console/execution.html",
            run=run,
            explanation=explain(run),
            advice_for=advice_for,
            lines=lines,
            names={file.id: file.name for file in run.files} if len(run.files) > 1 else {},
            rows=timeline(run, lines, utcnow()),
            key=session.get(ApiKey, run.api_key_id) if run.api_key_id else None,
            usage=session.get(Usage, run.id),
            deliveries=_deliveries(session, run),
            not_rerunnable=_not_rerunnable(run),
            results=results,
            no_results=no_results,
        )


def _log(session: Session, run: Execution) -> Sequence[LogLine]:
    newest = sa.select(LogLine).where(LogLine.execution_id == run.id).order_by(LogLine.id.desc()).limit(LINES)
    return list(reversed(session.scalars(newest).all()))


def _deliveries(session: Session, run: Execution) -> list[tuple[Delivery, Sequence[DeliveryTry]]]:
    """Each with its tries."""
    mine = sa.select(Delivery).where(Delivery.execution_id == run.id).order_by(Delivery.created_at)
    found = session.scalars(mine).all()
    of_these = DeliveryTry.delivery_id.in_([delivery.id for delivery in found])
    tries = session.scalars(sa.select(DeliveryTry).where(of_these).order_by(DeliveryTry.id)).all() if found else []
    return [(delivery, [each for each in tries if each.delivery_id == delivery.id]) for delivery in found]


def _not_rerunnable(run: Execution) -> str:
    """Why its files cannot be run again; empty if they can."""
    if run.live:
        return "It is not over yet."
    try:
        require_inputs(run)
    except NotRerunnable as error:
        return str(error)
    return ""
