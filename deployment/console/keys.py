"""Keys of a deployment, or of its organisation, on its page: made and shown once, rotated, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from deployment.api.v1.problem import breaches
from deployment.clock import utcnow
from deployment.console.page import form
from deployment.console.people import actor, nothing, visible_deployment
from deployment.issuing import UnknownKey, create_key, revoke_key, rotate_key
from deployment.models import ApiKey, Deployment, Organization, Role, Scope
from deployment.parts import current_parts as parts

OVERLAP = timedelta(hours=24)


class Asked(BaseModel):
    """A key that is to be made; empty fields of the form say nothing."""

    model_config = ConfigDict(extra="ignore")

    label: str = Field("", max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")
    scopes: list[Scope] = Field(min_length=1)
    days: int | None = Field(None, ge=1, le=3660)
    concurrency: int | None = Field(None, ge=1, le=100_000)
    everywhere: bool = False


@form("/deployments/<org>/<name>/keys", Role.ADMINISTRATOR)
def create_api_key(org: str, name: str) -> Any:
    """Make one, and show it, once."""
    row = visible_deployment(org, name)
    try:
        filled = {each: value for each, value in request.form.items() if value and each != "scopes"}
        asked = Asked.model_validate({**filled, "scopes": request.form.getlist("scopes")})
    except ValidationError as error:
        flash("; ".join(map(str, breaches(error))), "danger")
        return redirect(_page(row), 303)
    expires_at = utcnow() + timedelta(days=asked.days) if asked.days else None
    rights = {"label": asked.label, "concurrency": asked.concurrency, "expires_at": expires_at}
    with parts().database.writing() as session:
        organization = session.get_one(Organization, row.organization_id)
        only = None if asked.everywhere else session.get_one(Deployment, row.id)
        secret = create_key(session, organization, only, by=actor(), scopes=asked.scopes, **rights)
    return _shown(row, secret)


@form("/deployments/<org>/<name>/keys/<uuid:key_id>/rotate", Role.ADMINISTRATOR)
def rotate_api_key(org: str, name: str, key_id: UUID) -> Any:
    """A new one with the same rights; the old one goes on for a day, or ends now."""
    row = visible_deployment(org, name)
    ends = utcnow() + (timedelta() if request.form.get("overlap") == "none" else OVERLAP)
    try:
        with parts().database.writing() as session:
            secret, _ = rotate_key(session, _key(session, row, key_id), overlap_until=ends, by=actor())
    except UnknownKey as error:
        flash(str(error), "warning")
        return redirect(_page(row), 303)
    return _shown(row, secret)


@form("/deployments/<org>/<name>/keys/<uuid:key_id>/revoke", Role.ADMINISTRATOR)
def revoke_api_key(org: str, name: str, key_id: UUID) -> Any:
    """Useless from the next request on."""
    row = visible_deployment(org, name)
    with parts().database.writing() as session:
        key = _key(session, row, key_id)
        if key.active:
            revoke_key(session, key, by=actor())
    flash(f"The key {key.prefix}… is revoked.", "success")
    return redirect(_page(row), 303)


def _key(session: Session, row: Deployment, key_id: UUID) -> ApiKey:
    """One that may call the deployment, as its page lists them."""
    mine = sa.or_(ApiKey.deployment_id == row.id, ApiKey.deployment_id.is_(None))
    found = session.scalar(
        sa.select(ApiKey).where(ApiKey.id == key_id, ApiKey.organization_id == row.organization_id, mine)
    )
    if found is None:
        raise nothing("key")
    return found


def _page(row: Deployment) -> str:
    return url_for("console.deployment", org=row.organization.name, name=row.name)


def _shown(row: Deployment, secret: str) -> Any:
    return render_template("console/secret.html", what="API key", secret=secret, on=_page(row)), 201
