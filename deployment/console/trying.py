"""Trying a deployment with a file of one's own: a run like any other, which no key has asked for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for

from deployment.api.uploads import uploads
from deployment.console.page import form, page
from deployment.console.people import actor, visible_deployment
from deployment.models import Deployment, Role, audit
from deployment.parts import current_parts as parts
from deployment.slots import NoFreeSlot
from deployment.submit import Submission, submit
from guards import outcome_of


@page("/deployments/<org>/<name>/try", Role.OPERATOR)
def try_deployment(org: str, name: str) -> str:
    """Choose a file, or drop one."""
    return render_template("console/try.html", deployment=visible_deployment(org, name))


@form("/deployments/<org>/<name>/try", Role.OPERATOR, files=True)
def run_here(org: str, name: str) -> Any:
    """Run it on what was sent, and lead to the run."""
    row = visible_deployment(org, name)
    taken, errors = uploads(file for file in request.files.getlist("files") if file.filename)
    if not row.active:
        return _refused(row, "It is not active.")
    if not taken or errors:
        return _refused(row, "; ".join(map(str, errors)) or "Choose a file first.")
    try:
        run = submit(parts(), Submission(row, None, taken))
    except NoFreeSlot as error:
        return _refused(row, str(error))
    except Exception as error:
        if (outcome := outcome_of(error)) is None:
            raise
        run = outcome.run  # its row says what became of it, and its page shows that
    return _lead(row, run)


def _lead(row: Deployment, run: UUID) -> Any:
    with parts().database.writing() as session:
        audit(session, row.organization_id, actor(), "deployment.tried", row.name, execution=str(run))
    return redirect(url_for("console.execution", execution_id=run), 303)


def _refused(row: Deployment, why: str) -> Any:
    flash(why, "danger")
    return redirect(url_for("console.try_deployment", org=row.organization.name, name=row.name), 303)
