"""Acting on an execution: stopping it, running it again, and deleting it."""

from __future__ import annotations

from flask import Response, jsonify
from pydantic import BaseModel, ConfigDict, Field

from deployment.api.errors import FieldError, invalid, refused
from deployment.api.idempotency import idempotency_key
from deployment.api.v1.execution_body import ExecutionBody, execution_body
from deployment.api.v1.json_body import read_body
from deployment.api.v1.parameters import IDEMPOTENCY_KEY, PREFER
from deployment.api.v1.paths import ExecutionPath
from deployment.api.v1.rights import current_key, visible_run
from deployment.api.v1.route import route
from deployment.api.v1.submit import ACCEPTED, Ended, reply_to
from deployment.deletion import delete_run
from deployment.executions import find_execution
from deployment.issuing import actor_of
from deployment.kept_inputs import NotRerunnable
from deployment.models import Scope
from deployment.parts import current_parts as parts
from deployment.reruns import Which, rerun
from deployment.stop import AlreadyEnded, stop


class RerunBody(BaseModel):
    """What is to be run again."""

    model_config = ConfigDict(extra="forbid")

    files: Which = Field(Which.ALL, description="`failed`: those without a result")


@route(
    "post",
    "/executions/<uuid:execution_id>/stop",
    Scope.STOP,
    tag="Executions",
    replies={202: ExecutionBody},
    problems=(404, 409, 410),
)
def stop_execution(path: ExecutionPath) -> Response:
    """Stop an execution, at once."""
    execution = visible_run(path.execution_id)
    try:
        stop(parts(), execution.id, f"the API key {current_key().prefix}")
    except AlreadyEnded as error:
        raise refused(409, "conflict", str(error), about=execution.id) from None
    reply = jsonify(execution_body(find_execution(parts(), execution.id) or execution))
    reply.status_code = 202
    return reply


@route(
    "post",
    "/executions/<uuid:execution_id>/rerun",
    Scope.RUN,
    tag="Executions",
    replies={200: Ended, 202: ACCEPTED},
    problems=(404, 409, 410, 413, 422),
    body=RerunBody,
    parameters=(IDEMPOTENCY_KEY, PREFER),
)
def rerun_execution(path: ExecutionPath) -> Response:
    """Run an execution again that has ended, as a new one, while its inputs are kept."""
    first, which, key = visible_run(path.execution_id), read_body(RerunBody).files, _idempotency_key()
    try:
        return reply_to(lambda: rerun(parts(), first, which, current_key(), key))
    except NotRerunnable as error:
        raise refused(409, "conflict", str(error), about=first.id) from None


@route(
    "delete",
    "/executions/<uuid:execution_id>",
    Scope.MANAGE,
    tag="Executions",
    replies={
        202: {"description": "It is deleted; what the storage could not delete goes as soon as it can"},
        204: None,
    },
    problems=(404, 409),
)
def delete_execution(path: ExecutionPath) -> Response:
    """Delete the inputs, the results and all words of the caller of an execution that has ended."""
    execution = visible_run(path.execution_id, deleted=True)
    if execution.live:
        detail = f"Execution {execution.id} is {execution.status}: stop it first, or wait for its end."
        raise refused(409, "conflict", detail, about=execution.id)
    gone = delete_run(parts(), execution.id, actor_of(current_key()))
    return Response(status=204 if gone else 202)


def _idempotency_key() -> str | None:
    errors: list[FieldError] = []
    key = idempotency_key(errors)
    if errors:
        raise invalid(*errors)
    return key
