"""The native API as its callers and managers use it, in the test's process."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from werkzeug.test import TestResponse

from deployment.deployments import find_deployment, find_organization
from deployment.issuing import create_key
from deployment.models import Scope
from tests.airlock import Airlock


class Native:
    """Calls with one key."""

    def __init__(self, airlock: Airlock, key: str) -> None:
        self.airlock, self.key = airlock, key

    def __call__(self, method: str, path: str, body: Any = None, **request: Any) -> TestResponse:
        """`native("get", "/keys")`; `body` is sent as JSON, if there is one."""
        headers = {"Authorization": f"Bearer {self.key}", **request.pop("headers", {})}
        given = {} if body is None else {"json": body}
        return self.airlock.client.open(f"/v1{path}", method=method.upper(), headers=headers, **given, **request)

    def got(self, method: str, path: str, body: Any = None, *, status: int = 200, **request: Any) -> Any:
        """The JSON of a reply that has this status."""
        reply = self(method, path, body, **request)
        assert reply.status_code == status, reply.text
        return reply.get_json(silent=True)


def with_key(
    airlock: Airlock,
    scopes: Iterable[Scope] = tuple(Scope),
    *,
    deployment: str | None = None,
    expires_at: datetime | None = None,
) -> Native:
    """A caller with a new key of the organisation, or of one of its deployments."""
    name = airlock.path.split("/")[3]
    with airlock.parts.database.writing() as session:
        organization = find_organization(session, name)
        only = find_deployment(session, name, deployment) if deployment else None
        assert organization is not None
        key = create_key(session, organization, only, scopes=list(scopes), expires_at=expires_at)
    return Native(airlock, key)
