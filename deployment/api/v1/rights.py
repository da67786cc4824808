"""Who calls the native API, and whether it may. What a key may not see, it cannot tell from nothing."""

from __future__ import annotations

from uuid import UUID

from flask import g, request

from deployment.api.bearer import bearer_token
from deployment.api.errors import Refused, refused, unauthorized
from deployment.api.limiting import count_request
from deployment.api.v1.route import native, scope_of
from deployment.deployments import find_deployment
from deployment.executions import find_execution
from deployment.keys import find_key, has_scope, may_call, note_use
from deployment.models import ApiKey, Deployment, Execution, Scope
from deployment.parts import current_parts as parts


@native.before_request
def let_in() -> None:
    """Look at the key before anything else is: 401 without a valid one, 403 if it lacks the operation's scope."""
    scope = scope_of(str(request.endpoint))
    if scope is not None:
        require(scope)


def require(scope: Scope) -> ApiKey:
    """The key of the current request, if it has `scope`; raises `Refused` with 401 or 403."""
    with parts().database.reading() as session:
        key = find_key(session, bearer_token())
    if key is None:
        raise unauthorized()
    if not has_scope(key, scope):
        detail = f"This API key lacks the scope {scope.value!r}; it has: {', '.join(key.scopes) or 'none'}."
        raise refused(403, "permission_denied", detail)
    count_request(key)
    note_use(parts().database, key)
    g.api_key = key
    return key


def current_key() -> ApiKey:
    """The key that `require` has found."""
    key: ApiKey = g.api_key
    return key


def visible_run(execution_id: UUID, *, deleted: bool = False) -> Execution:
    """The run, if the key may call its deployment; 404 else, and 410 once it is deleted, unless that is no matter."""
    execution = find_execution(parts(), execution_id)
    if execution is None or not may_call(current_key(), execution.deployment):
        raise no_execution()
    if execution.deleted_at is not None and not deleted:
        raise refused(410, "deleted", f"Deleted at {execution.deleted_at.isoformat()}", about=execution_id)
    return execution


def visible_deployment(organization: str, name: str) -> Deployment:
    """The deployment, if the key may call it, active or not; raises 404 else."""
    with parts().database.reading() as session:
        deployment = find_deployment(session, organization, name)
    if deployment is None or not may_call(current_key(), deployment):
        raise refused(404, "not_found", "Deployment not found")
    return deployment


def no_execution() -> Refused:
    return refused(404, "not_found", "Execution not found")
