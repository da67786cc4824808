"""The list of executions: what is asked for stands in the address, so that it can be sent to somebody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from flask import redirect, render_template, request, url_for
from pydantic import ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from deployment.api.errors import invalid
from deployment.api.v1.paging import PageQuery
from deployment.api.v1.problem import breaches
from deployment.clock import utcnow
from deployment.console.page import page
from deployment.console.people import person
from deployment.deployments import deployment_named
from deployment.listing import Filters, Label
from deployment.listing import page as page_of
from deployment.models import Deployment, ExecutionStatus, Organization, Role
from deployment.models.label import FILE, TAG, VALUE_LENGTH
from deployment.parts import current_parts as parts

SPANS = {"": "at any time", "1h": "in the last hour", "1d": "in the last day", "7d": "in the last week"}
LENGTHS = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7)}


class Asked(PageQuery):
    """What is asked for; empty fields of a form say nothing."""

    model_config = ConfigDict(extra="ignore")

    status: ExecutionStatus | None = None
    org: str = Field("", max_length=64)
    deployment: str = Field("", max_length=64)
    tag: str = Field("", max_length=VALUE_LENGTH)
    q: str = Field("", max_length=VALUE_LENGTH, description="an id, or the name of a file")
    since: str = ""

    @property
    def labels(self) -> list[Label]:
        words = [(TAG, self.tag.strip()), (FILE, self.q.strip())]
        return [(name, word) for name, word in words if word and word.isprintable()]


@page("/executions", Role.VIEWER)
def executions() -> Any:
    """A page of them, the newest first; an id leads to its execution at once."""
    asked = _asked()
    if execution_id := _as_id(asked.q):
        return redirect(url_for("console.execution", execution_id=execution_id), 303)
    behind = asked.behind(datetime, UUID)
    with parts().database.reading() as session:
        filters = _filters(session, asked)
        found = page_of(session, filters, (behind[0], behind[1]) if behind else None, asked.enough) if filters else []
        organizations = _organizations(session)
    shown, more = asked.cut(found, lambda run: [run.created_at, run.id])
    return render_template(
        "console/executions.html",
        asked=asked,
        runs=shown,
        older=_same_question(more) if more else None,
        organizations=organizations,
        statuses=list(ExecutionStatus),
        spans=SPANS,
    )


def _asked() -> Asked:
    try:
        return Asked.model_validate({name: value for name, value in request.args.items() if value})
    except ValidationError as error:
        raise invalid(*breaches(error)) from None


def _filters(session: Session, asked: Asked) -> Filters | None:
    """None where nothing can be found: there is no such organisation or deployment here."""
    here = person().organization_id
    if asked.org and here is None:
        named = sa.select(Organization.id).where(Organization.name == asked.org)
        here = session.scalar(named) if asked.org.isprintable() else None
        if here is None:
            return None
    deployments = _deployments(session, here, asked.deployment)
    if asked.deployment and not deployments:
        return None
    after = utcnow() - LENGTHS[asked.since] if asked.since in LENGTHS else None
    statuses = [asked.status] if asked.status else []
    return Filters(here, deployments[0] if deployments else None, statuses, asked.labels, after)


def _deployments(session: Session, organization_id: UUID | None, name: str) -> list[UUID]:
    """The deployment of that name: of people of all organisations, the first one that is called so."""
    if not name or not name.isprintable():
        return []
    if organization_id is not None:
        found = deployment_named(session, organization_id, name)
        return [found.id] if found else []
    named = sa.select(Deployment.id).where(Deployment.name == name, Deployment.deleted_at.is_(None))
    return list(session.scalars(named.order_by(Deployment.created_at).limit(1)))


def _organizations(session: Session) -> list[str]:
    """To choose from, for people of all of them."""
    if person().organization_id is not None:
        return []
    return list(session.scalars(sa.select(Organization.name).order_by(Organization.name).limit(200)))


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _same_question(cursor: str) -> str:
    asked = [(name, value) for name, value in request.args.items() if name != "cursor" and value]
    return f"{url_for('console.executions')}?{urlencode([*asked, ('cursor', cursor)])}"
