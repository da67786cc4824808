"""Who calls: the deployment of the path and the key of the header, checked in the order of the wire."""

from __future__ import annotations

from dataclasses import dataclass

from deployment.api.bearer import bearer_token
from deployment.api.errors import refused, unauthorized
from deployment.api.limiting import count_request
from deployment.database import Database
from deployment.deployments import find_deployment
from deployment.keys import find_key, has_scope, may_call, note_use
from deployment.models import ApiKey, Deployment, Scope


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
        deployment = find_deployment(session, organization, name)
        if deployment is None:
            raise refused(404, "not_found", "API not found")
        if not deployment.active:
            raise refused(404, "not_found", "API not found or Inactive")
        key = find_key(session, token)
    if key is None or not may_call(key, deployment) or not has_scope(key, scope):
        raise unauthorized()
    count_request(key)
    note_use(database, key)
    return Caller(deployment, key)
