"""Who calls: the deployment of the path and the key of the header, checked in the order of the wire."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from deployment.api.bearer import bearer_token
from deployment.api.errors import refused, unauthorized
from deployment.api.limiting import count_request
from deployment.database import Database
from deployment.deployments import CALLED, can_be_called
from deployment.keys import KNOWN, digest, has_scope, may_call, note_use, working
from deployment.models import ApiKey, Deployment, Scope

_CALLED_WITH = CALLED.add_columns(ApiKey).outerjoin(ApiKey, KNOWN)


@dataclass(frozen=True)
class Caller:
    """A deployment, and a key that may call it."""

    deployment: Deployment
    key: ApiKey


def authenticate(database: Database, organization: str, name: str, scope: Scope) -> Caller:
    """The caller of the current request; raises `Refused` with 403, 404 or 401, in this order.

    The wire knows no scopes: a key that lacks `scope` is, to it, a key that does not work here.
    """
    token = bearer_token()
    if not token:
        raise refused(403, "permission_denied", "Missing api key")
    with database.reading() as session:
        deployment, key = _found(session, organization, name, token)
    if deployment is None:
        raise refused(404, "not_found", "API not found")
    if not deployment.active:
        raise refused(404, "not_found", "API not found or Inactive")
    if key is None or not may_call(key, deployment) or not has_scope(key, scope):
        raise unauthorized()
    count_request(key)
    note_use(database, key)
    return Caller(deployment, key)


def _found(session: Session, organization: str, name: str, token: str) -> tuple[Deployment | None, ApiKey | None]:
    """Both in one question, since every request asks it."""
    if not can_be_called(organization, name):
        return None, None
    asked = {"organization": organization, "name": name, "sha256": digest(token)}
    row = session.execute(_CALLED_WITH, asked).one_or_none()
    return (row[0], working(row[1], token)) if row else (None, None)
