"""Who calls: the deployment of the path and the key of the header, checked in the order of the wire."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from deployment.api.errors import Refused, refused
from deployment.database import Database
from deployment.deployments import find_deployment
from deployment.keys import find_key, may_call
from deployment.models import ApiKey, Deployment


@dataclass(frozen=True)
class Caller:
    """A deployment, and a key that may call it."""

    deployment: Deployment
    key: ApiKey


def authenticate(database: Database, organization: str, name: str) -> Caller:
    """The caller of the current request; raises `Refused` with 403, 404 or 401, in this order."""
    token = _bearer()
    with database.reading() as session:
        deployment = find_deployment(session, organization, name)
        if deployment is None:
            raise refused(404, "not_found", "API not found")
        if not deployment.active:
            raise refused(404, "not_found", "API not found or Inactive")
        key = find_key(session, token)
    if key is None or not may_call(key, deployment):
        raise _unauthorized()
    return Caller(deployment, key)


def authenticate_key(database: Database) -> ApiKey:
    """The key of the current request to the native API, where no deployment is in the path; raises 401."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    with database.reading() as session:
        key = find_key(session, token.strip()) if scheme == "Bearer" else None
    if key is None:
        raise _unauthorized()
    return key


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token.strip():
        raise _missing()
    return token.strip()


def _unauthorized() -> Refused:
    return refused(401, "authentication_failed", "Unauthorized")


def _missing() -> Refused:
    return refused(403, "permission_denied", "Missing api key")
