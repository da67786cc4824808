"""Who calls: the deployment of the path and the key of the header, checked in the order of the wire."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from deployment.api.errors import Refused, refused
from deployment.database import Database
from deployment.deployments import find_deployment
from deployment.keys import find_key
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
        key = find_key(session, token, deployment)
    if key is None:
        raise refused(401, "authentication_failed", "Unauthorized")
    return Caller(deployment, key)


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token.strip():
        raise _missing()
    return token.strip()


def _missing() -> Refused:
    return refused(403, "permission_denied", "Missing api key")
