"""Deployments: which there are, and making one from a workflow."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session, joinedload

from deployment.console.options_form import fields_of, filled_in, keeping, typed_in
from deployment.console.page import form, page
from deployment.console.people import actor, nothing, person
from deployment.deployments import InvalidName, deploy, find_deployment
from deployment.models import LIVE, Deployment, Execution, Organization, Role, is_one_of
from deployment.parts import current_parts as parts
from workflows import InvalidOptions, UnknownWorkflow, Workflow

MOST = 500
"""Deployments on the page."""


@page("/deployments", Role.VIEWER)
def deployments() -> str:
    """All that this person sees, by name, with the number of live runs."""
    here = person().organization_id
    with parts().database.reading() as session:
        found = sa.select(Deployment).join(Deployment.organization).where(Deployment.deleted_at.is_(None))
        if here is not None:
            found = found.where(Deployment.organization_id == here)
        loaded = found.options(joinedload(Deployment.organization)).order_by(Organization.name, Deployment.name)
        rows, live = session.scalars(loaded.limit(MOST)).all(), _live(session)
    return render_template("console/deployments.html", deployments=rows, live=live)


@page("/deployments/new", Role.ADMINISTRATOR)
def new_deployment() -> str:
    """A workflow to choose, then its form."""
    name = request.args.get("workflow", "")
    if not name:
        return render_template("console/workflows.html", workflows=list(parts().workflows))
    workflow = _workflow(name)
    return _form(workflow, fields=fields_of(workflow, {}))


@form("/deployments/new", Role.ADMINISTRATOR)
def create_deployment() -> Any:
    """Deploy it, and show the key, once."""
    asked, workflow = request.form, _workflow(request.form.get("workflow", ""))
    organization = _organization()
    name = asked.get("name", "").strip()
    with parts().database.reading() as session:
        taken = find_deployment(session, organization, name)
    if taken is not None:
        return _again(workflow, f"There is a deployment {name!r} already.")
    try:
        options = filled_in(workflow, asked)
        with parts().database.writing() as session:
            deployed = deploy(session, organization, name, workflow, options, **keeping(asked), by=actor())
    except InvalidName as error:
        return _again(workflow, str(error))
    except InvalidOptions as error:
        return _again(workflow, "The options do not fit the workflow.", error)
    on = url_for("console.deployment", org=organization, name=name)
    if deployed.new_key is None:
        return redirect(on, 303)
    return render_template("console/secret.html", what="API key", secret=deployed.new_key, on=on), 201


def _live(session: Session) -> dict[Any, int]:
    counted = sa.select(Execution.deployment_id, sa.func.count()).where(is_one_of(Execution.status, LIVE))
    return {row[0]: row[1] for row in session.execute(counted.group_by(Execution.deployment_id))}


def _workflow(name: str) -> Workflow:
    try:
        return parts().workflows.get(name)
    except UnknownWorkflow:
        raise nothing("workflow") from None


def _organization() -> str:
    """One's own; people of all organisations name one, which is made if it is new."""
    mine = person().user.organization
    return mine.name if mine else request.form.get("organization", "").strip()


def _again(workflow: Workflow, refusal: str, error: InvalidOptions | None = None) -> Any:
    """The form as it was filled in, with what is wrong."""
    fields = typed_in(workflow, request.form, error)
    return _form(workflow, refusal=refusal, fields=fields, asked=request.form), 400


def _form(workflow: Workflow, **told: Any) -> str:
    with parts().database.reading() as session:
        names = sa.select(Organization.name).order_by(Organization.name).limit(200)
        organizations = [] if person().organization_id else session.scalars(names).all()
    return render_template("console/new_deployment.html", workflow=workflow, organizations=organizations, **told)
