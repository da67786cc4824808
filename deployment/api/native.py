"""The native API below `/v1`: so far, stopping a run."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, jsonify

from deployment.api.auth import authenticate_key
from deployment.api.errors import refused
from deployment.executions import find_execution
from deployment.keys import may_call
from deployment.models import ExecutionStatus
from deployment.parts import current_parts as parts
from deployment.stop import AlreadyEnded, stop

native = Blueprint("native", __name__, url_prefix="/v1")


@native.post("/executions/<uuid:execution_id>/stop")
def stop_execution(execution_id: UUID) -> tuple[Response, int]:
    """202 when the run has been stopped; 409 when it had ended; 404 when there is none that the key may see."""
    key = authenticate_key(parts().database)
    execution = find_execution(parts(), execution_id)
    if execution is None or not may_call(key, execution.deployment):
        raise refused(404, "not_found", "Execution not found")
    try:
        stop(parts(), execution_id, f"the API key {key.prefix}")
    except AlreadyEnded as error:
        raise refused(409, "conflict", str(error)) from None
    return jsonify(id=str(execution_id), status=ExecutionStatus.STOPPED), 202
