"""One deployment: what it is, how it is called, what it has cost, and its changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from deployment.clock import utcnow
from deployment.console.options_form import Field, fields_of, filled_in, keeping, typed_in
from deployment.console.page import form, page
from deployment.console.people import actor, person, visible_deployment
from deployment.console.pictures.days import days
from deployment.console.snippets import snippets
from deployment.deployments import change_deployment
from deployment.models import ApiKey, Delivery, Deployment, EventType, Organization, Role, Scope, audit
from deployment.parts import current_parts as parts
from deployment.retiring import StillRunning, delete_deployment, live_runs
from deployment.usage import By, usage_of
from deployment.webhooks import endpoints_of
from workflows import InvalidOptions, UnknownWorkflow

DAYS = 30
DELIVERIES = 10


@page("/deployments/<org>/<name>", Role.VIEWER)
def deployment(org: str, name: str) -> str:
    """All of it on one page."""
    return shown(visible_deployment(org, name))


def shown(row: Deployment, **more: Any) -> str:
    """The page of a deployment, with the fields of a form that was refused, if there are any in `more`."""
    today, policy = utcnow().date(), parts().policy
    first = today - timedelta(days=DAYS - 1)
    with parts().database.reading() as session:
        told: dict[str, Any] = {
            "live": live_runs(session, row),
            "keys": _keys(session, row),
            "endpoints": endpoints_of(session, row),
            "deliveries": _deliveries(session, row),
            "picture": days(usage_of(session, row.organization_id, row.id, first, today, [By.DAY]), first, DAYS),
        }
    told |= {
        "fields": _fields(row),
        "snippets": snippets(request.host_url.rstrip("/") + request.script_root, row.organization.name, row.name),
        "most": row.organization.concurrency or policy.org_concurrency,
        "scopes": list(Scope),
        "events": list(EventType),
    }
    return render_template("console/deployment.html", deployment=row, **(told | more))


@form("/deployments/<org>/<name>/options", Role.ADMINISTRATOR)
def change_options(org: str, name: str) -> Any:
    """Other options, for the runs to come."""
    row = visible_deployment(org, name)
    try:
        workflow = parts().workflows.get(row.workflow)
        options = workflow.parse_options(filled_in(workflow, request.form)).model_dump(mode="json")
    except UnknownWorkflow as error:
        flash(str(error), "danger")
        return _back(row)
    except InvalidOptions as error:
        fields = typed_in(workflow, request.form, error)
        return shown(row, fields=fields, refusal="The options do not fit the workflow."), 400
    return _changed(row, options=options, **keeping(request.form))


@form("/deployments/<org>/<name>/active", Role.ADMINISTRATOR)
def activate(org: str, name: str) -> Any:
    """Let it take runs, or not; those that are under way go on."""
    return _changed(visible_deployment(org, name), active=request.form.get("active") == "yes")


@form("/deployments/<org>/<name>/limit", Role.ADMINISTRATOR, of_all=True)
def change_limit(org: str, name: str) -> Any:
    """How many live runs its organisation may have; empty: as the installation has it."""
    row, text = visible_deployment(org, name), request.form.get("concurrency", "").strip()
    if text and not (text.isascii() and text.isdecimal() and 0 < int(text) <= 100_000):
        flash("A limit is a number from 1 to 100000, or empty.", "danger")
        return _back(row)
    with parts().database.writing() as session:
        session.get_one(Organization, row.organization_id).concurrency = int(text) if text else None
        audit(session, row.organization_id, actor(), "organization.limited", row.organization.name, concurrency=text)
    flash("It is changed.", "success")
    return _back(row)


@form("/deployments/<org>/<name>/delete", Role.ADMINISTRATOR)
def remove_deployment(org: str, name: str) -> Any:
    """Nobody finds it any more; its runs can be read until they expire."""
    row = visible_deployment(org, name)
    try:
        with parts().database.writing() as session:
            delete_deployment(session, row, by=actor())
    except StillRunning as error:
        flash(str(error), "warning")
        return _back(row)
    flash(f"{name} is deleted.", "success")
    return redirect(url_for("console.deployments"), 303)


def _changed(row: Deployment, **to: Any) -> Any:
    with parts().database.writing() as session:
        change_deployment(session, row.id, by=actor(), **to)
    flash("It is changed, for the executions to come.", "success")
    return _back(row)


def _back(row: Deployment) -> Any:
    return redirect(url_for("console.deployment", org=row.organization.name, name=row.name), 303)


def _fields(row: Deployment) -> list[Field]:
    try:
        return fields_of(parts().workflows.get(row.workflow), row.options)
    except UnknownWorkflow:
        return []


def _keys(session: Session, row: Deployment) -> list[ApiKey]:
    """Those that may call it: its own, then those of the whole organisation; these for administrators."""
    if not person().has(Role.ADMINISTRATOR):
        return []
    mine = sa.or_(ApiKey.deployment_id == row.id, ApiKey.deployment_id.is_(None))
    found = sa.select(ApiKey).where(ApiKey.organization_id == row.organization_id, mine)
    return list(session.scalars(found.order_by(ApiKey.active.desc(), ApiKey.created_at.desc()).limit(100)))


def _deliveries(session: Session, row: Deployment) -> list[Delivery]:
    mine = sa.select(Delivery).where(Delivery.deployment_id == row.id)
    return list(session.scalars(mine.order_by(Delivery.created_at.desc(), Delivery.id.desc()).limit(DELIVERIES)))
