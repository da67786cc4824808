"""Issuing keys: made with 256 bits of entropy, shown once; changed, rotated, revoked; each noted in the audit.

Whoever makes or changes a key by another one can give no more than that one has.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.keys import MARK, SHOWN, digest, has_expired
from deployment.models import CALLING, ApiKey, Deployment, Organization, Scope, audit

COMMAND_LINE = "command line"
"""The actor in the audit who is at the machine itself, and may do everything."""
LIMITS = ("concurrency", "requests_per_minute", "upload_mb_per_day")
RIGHTS = ("label", "scopes", *LIMITS, "expires_at")
"""What a rotated key has from the old one."""


class UnknownKey(Exception):
    """There is no such key. `flask keys list` shows the prefixes."""


class MoreThanOwn(Exception):
    """A key can give another one no more than it has; the message says what it lacks."""


def actor_of(key: ApiKey) -> str:
    """Who has changed something, for the audit."""
    return f"key {key.prefix}"


def create_key(
    session: Session,
    organization: Organization,
    deployment: Deployment | None = None,
    *,
    by: str = COMMAND_LINE,
    scopes: Collection[Scope] = CALLING,
    **more: Any,
) -> str:
    """Store a new key and return it: it cannot be read again. `more` are columns of `RIGHTS`."""
    secret = MARK + secrets.token_urlsafe(32)
    key = ApiKey(
        organization_id=organization.id,
        deployment_id=deployment.id if deployment else None,
        prefix=secret[:SHOWN],
        sha256=digest(secret),
        scopes=[str(scope) for scope in Scope if scope in scopes],
        **more,
    )
    session.add(key)
    audit(session, organization.id, by, "key.created", key.prefix, scopes=key.scopes, deployment=_name(deployment))
    return secret


def change_key(session: Session, key: ApiKey, *, by: str, **to: Any) -> None:
    """Change columns of `RIGHTS`, from the next request on."""
    for name, value in to.items():
        setattr(key, name, value)
    audit(session, key.organization_id, by, "key.changed", key.prefix, changed=sorted(to))


def revoke_key(session: Session, key: ApiKey, *, by: str = COMMAND_LINE) -> None:
    """Make a key useless, from the next request on."""
    key.active = False
    audit(session, key.organization_id, by, "key.revoked", key.prefix)


def rotate_key(
    session: Session, key: ApiKey, *, overlap_until: datetime, by: str = COMMAND_LINE
) -> tuple[str, datetime]:
    """A new key with the rights and the expiry of the old one; and when that one ends, at `overlap_until` at last."""
    if not key.active or has_expired(key):
        raise UnknownKey(f"The key {key.prefix} is revoked or has expired; make a new one.")
    rights = {name: getattr(key, name) for name in RIGHTS}
    key.expires_at = ends = min(overlap_until, key.expires_at or overlap_until)
    organization = session.get_one(Organization, key.organization_id)
    deployment = session.get(Deployment, key.deployment_id) if key.deployment_id else None
    audit(session, organization.id, by, "key.rotated", key.prefix, works_until=ends.isoformat())
    return create_key(session, organization, deployment, by=by, **rights), ends


def key_by_prefix(session: Session, prefix: str) -> ApiKey:
    """The one key that begins so; raises `UnknownKey`."""
    rows = session.scalars(sa.select(ApiKey).where(ApiKey.prefix == prefix[:SHOWN])).all()
    if len(rows) != 1:
        raise UnknownKey(f"{len(rows)} keys begin with {prefix[:SHOWN]!r}; `flask keys list` shows the prefixes.")
    return rows[0]


def require_own(maker: ApiKey, deployment_id: UUID | None, rights: dict[str, Any]) -> None:
    """Raise `MoreThanOwn` if a key with these rights could do more, or for longer, than its maker.

    `deployment_id` is that of the only deployment that it may call; None: all of the organisation.
    """
    if maker.deployment_id not in (None, deployment_id):
        raise MoreThanOwn("This API key is one of a deployment, so it can only make keys of that deployment.")
    lacking = sorted(set(rights.get("scopes", ())) - set(maker.scopes))
    if lacking:
        raise MoreThanOwn(f"This API key lacks the scopes that it was to give: {', '.join(lacking)}.")
    if maker.expires_at is not None and "expires_at" in rights:
        asked = rights["expires_at"]
        if asked is None or asked > maker.expires_at:
            raise MoreThanOwn(f"This API key expires at {maker.expires_at.isoformat()}, and can give no more time.")
    for name in LIMITS:
        own, given = getattr(maker, name), rights.get(name)
        if name in rights and own is not None and (given is None or given > own):
            raise MoreThanOwn(f"This API key has {name}={own}, and can give no more.")


def _name(deployment: Deployment | None) -> str | None:
    return deployment.name if deployment else None
