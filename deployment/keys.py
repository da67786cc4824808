"""API keys: made with 256 bits of entropy, shown once, stored as SHA-256 with a readable prefix."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.clock import utcnow
from deployment.models import ApiKey, Deployment, Organization

MARK = "alk_"
"""What every key begins with, so that secret scanners can know one."""
SHOWN = len(MARK) + 8


class UnknownKey(Exception):
    """There is no such key. `flask keys list` shows the prefixes."""


def digest(key: str) -> str:
    """The SHA-256 of a key, in hex. A key has full entropy, so a slow hash would protect nothing more."""
    return hashlib.sha256(key.encode()).hexdigest()


def create_key(
    session: Session,
    organization: Organization,
    deployment: Deployment | None = None,
    *,
    label: str = "",
    concurrency: int | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Store a new key and return it: it cannot be read again."""
    key = MARK + secrets.token_urlsafe(32)
    session.add(
        ApiKey(
            organization_id=organization.id,
            deployment_id=deployment.id if deployment else None,
            label=label,
            prefix=key[:SHOWN],
            sha256=digest(key),
            concurrency=concurrency,
            expires_at=expires_at,
        )
    )
    session.flush()
    return key


def find_key(session: Session, key: str) -> ApiKey | None:
    """The row of a key that works now: known, active, not expired."""
    row = session.scalar(sa.select(ApiKey).where(ApiKey.sha256 == digest(key), ApiKey.active))
    return None if row is None or _expired(row) else row


def may_call(key: ApiKey, deployment: Deployment) -> bool:
    """Whether a key is one of this deployment, or of its whole organisation."""
    return key.organization_id == deployment.organization_id and key.deployment_id in (None, deployment.id)


def revoke_key(session: Session, prefix: str) -> ApiKey:
    """Make the one key that begins with `prefix` useless, from the next request on."""
    key = _by_prefix(session, prefix)
    key.active = False
    return key


def rotate_key(session: Session, prefix: str, *, overlap_until: datetime) -> tuple[str, datetime]:
    """A new key with the rights and the expiry of the old one; and when that one ends, at `overlap_until` at last."""
    old = _by_prefix(session, prefix)
    if not old.active or _expired(old):
        raise UnknownKey(f"The key {old.prefix} is revoked or has expired; make a new one with `flask keys create`.")
    rights: dict[str, Any] = {"label": old.label, "concurrency": old.concurrency, "expires_at": old.expires_at}
    old.expires_at = ends = min(overlap_until, old.expires_at or overlap_until)
    organization = session.get_one(Organization, old.organization_id)
    deployment = session.get(Deployment, old.deployment_id) if old.deployment_id else None
    return create_key(session, organization, deployment, **rights), ends


def _by_prefix(session: Session, prefix: str) -> ApiKey:
    rows = session.scalars(sa.select(ApiKey).where(ApiKey.prefix == prefix[:SHOWN])).all()
    if len(rows) != 1:
        raise UnknownKey(f"{len(rows)} keys begin with {prefix[:SHOWN]!r}; `flask keys list` shows the prefixes.")
    return rows[0]


def _expired(key: ApiKey) -> bool:
    return key.expires_at is not None and key.expires_at <= utcnow()
