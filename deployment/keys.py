"""API keys as they are used: known by their SHA-256, of one deployment or of a whole organisation.

How they are made and changed is `issuing`'s.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from deployment.causes import cause_of
from deployment.clock import utcnow
from deployment.database import Database
from deployment.models import ApiKey, Deployment, Scope

log = structlog.get_logger()

KNOWN = sa.and_(ApiKey.sha256 == sa.bindparam("sha256"), ApiKey.active)
"""The row of the key with that `digest`, if it is active; whether it works is `working`'s to say."""
_KEY = sa.select(ApiKey).where(KNOWN)
_NOTE_USE = (
    sa.update(ApiKey)
    .where(ApiKey.id == sa.bindparam("key"), ApiKey.last_used_at.is_not_distinct_from(sa.bindparam("seen")))
    .values(last_used_at=sa.bindparam("used_at"))
    .execution_options(synchronize_session=False)
)

MARK = "alk_"
"""What every key begins with, so that secret scanners can know one."""
SHOWN = len(MARK) + 8
NOTED_EVERY = timedelta(minutes=1)
"""How exact `last_used_at` is: a request must not write each time."""


def digest(key: str) -> str:
    """The SHA-256 of a key, in hex. A key has full entropy, so a slow hash would protect nothing more."""
    return hashlib.sha256(key.encode()).hexdigest()


def find_key(session: Session, key: str) -> ApiKey | None:
    """The row of a key that works now: known, active, not expired."""
    return working(session.scalar(_KEY, {"sha256": digest(key)}), key)


def working(row: ApiKey | None, key: str) -> ApiKey | None:
    """`row` if it is this key's, and has not expired."""
    if row is None or not hmac.compare_digest(row.sha256, digest(key)) or has_expired(row):
        return None
    return row


def note_use(database: Database, key: ApiKey) -> None:
    """Remember that a key was used, once a minute; a database that does not take it refuses no request for that."""
    now = utcnow()
    if key.last_used_at is not None and key.last_used_at > now - NOTED_EVERY:
        return
    try:
        with database.writing() as session:
            session.execute(_NOTE_USE, {"key": key.id, "seen": key.last_used_at, "used_at": now})
    except SQLAlchemyError as error:
        log.warning("use_not_noted", key=key.prefix, error=cause_of(error))


def may_call(key: ApiKey, deployment: Deployment) -> bool:
    """Whether a key is one of this deployment, or of its whole organisation."""
    return key.organization_id == deployment.organization_id and key.deployment_id in (None, deployment.id)


def has_scope(key: ApiKey, scope: Scope) -> bool:
    """Whether a key has a right."""
    return scope in key.scopes


def has_expired(key: ApiKey) -> bool:
    """Whether the time of a key is over."""
    return key.expires_at is not None and key.expires_at <= utcnow()
