"""`flask keys`: the keys of an organisation or of one of its deployments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.cli.command import group
from deployment.cli.output import json_option, show_row, show_rows
from deployment.clock import utcnow
from deployment.deployments import find_deployment, find_organization
from deployment.issuing import UnknownKey, create_key, key_by_prefix, revoke_key, rotate_key
from deployment.models import CALLING, ApiKey, Deployment, Organization, Scope
from deployment.parts import current_parts

SCOPES = click.Choice([str(scope) for scope in Scope])


@group("keys")
def keys_commands() -> None:
    """Create, list, revoke and rotate API keys."""


@keys_commands.command("create")
@click.argument("organization", metavar="ORG")
@click.option("--deployment", help="The only deployment that the key may call.")
@click.option("--label", default="", help="What it is for.")
@click.option("--limit", type=click.IntRange(min=1), help="Live executions of this key at once.")
@click.option("--days", type=click.IntRange(min=1), help="Days until it expires.")
@click.option("--scope", "scopes", multiple=True, type=SCOPES, help="A right; repeatable.")
@json_option
def create(
    organization: str,
    deployment: str | None,
    label: str,
    limit: int | None,
    days: int | None,
    scopes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a key and print it, once; without --scope it may run, read and stop."""
    rights: dict[str, Any] = {
        "label": label,
        "concurrency": limit,
        "expires_at": utcnow() + timedelta(days=days) if days else None,
    }
    with current_parts().database.writing() as session:
        owner, only = _owner(session, organization, deployment)
        key = create_key(session, owner, only, scopes=[Scope(scope) for scope in scopes] or CALLING, **rights)
    show_row({"api_key": key, "organization": organization, "deployment": deployment}, as_json)


@keys_commands.command("list")
@click.argument("organization", metavar="ORG")
@json_option
def list_keys(organization: str, as_json: bool) -> None:
    """List the keys of ORG by their prefixes."""
    with current_parts().database.reading() as session:
        owner, _ = _owner(session, organization, None)
        keys = session.execute(
            sa.select(ApiKey, Deployment.name)
            .outerjoin(Deployment, Deployment.id == ApiKey.deployment_id)
            .where(ApiKey.organization_id == owner.id)
            .order_by(ApiKey.created_at)
        ).all()
    show_rows([_row(key, name) for key, name in keys], as_json, f"{organization} has no keys")


@keys_commands.command("revoke")
@click.argument("prefix")
@json_option
def revoke(prefix: str, as_json: bool) -> None:
    """Make the key that begins with PREFIX useless, at once."""
    try:
        with current_parts().database.writing() as session:
            key = key_by_prefix(session, prefix)
            revoke_key(session, key)
    except UnknownKey as error:
        raise click.UsageError(str(error)) from error
    show_row({"revoked": key.prefix}, as_json)


@keys_commands.command("rotate")
@click.argument("prefix")
@click.option("--overlap-hours", type=click.IntRange(min=0), default=24, show_default=True)
@json_option
def rotate(prefix: str, overlap_hours: int, as_json: bool) -> None:
    """Make a new key with the rights of the one that begins with PREFIX, which goes on for a while."""
    try:
        with current_parts().database.writing() as session:
            old, ends = key_by_prefix(session, prefix), utcnow() + timedelta(hours=overlap_hours)
            key, until = rotate_key(session, old, overlap_until=ends)
    except UnknownKey as error:
        raise click.UsageError(str(error)) from error
    show_row({"api_key": key, "old_key_works_until": until.isoformat(timespec="seconds")}, as_json)


def _owner(session: Session, name: str, deployment: str | None) -> tuple[Organization, Deployment | None]:
    organization = find_organization(session, name)
    if organization is None:
        raise click.UsageError(f"There is no organization {name!r}; `flask deploy` makes one.")
    only = find_deployment(session, name, deployment) if deployment else None
    if deployment and only is None:
        raise click.UsageError(f"{name} has no deployment {deployment!r}.")
    return organization, only


def _row(key: ApiKey, deployment: str | None) -> dict[str, object]:
    expired = key.expires_at is not None and key.expires_at <= utcnow()
    return {
        "prefix": key.prefix,
        "label": key.label,
        "deployment": deployment or "(all)",
        "state": "revoked" if not key.active else "expired" if expired else "active",
        "scopes": " ".join(key.scopes),
        "limit": key.concurrency,
        "created_at": key.created_at.isoformat(timespec="seconds"),
        "expires_at": key.expires_at.isoformat(timespec="seconds") if key.expires_at else None,
        "last_used_at": key.last_used_at.isoformat(timespec="seconds") if key.last_used_at else None,
    }
