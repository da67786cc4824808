"""Acting on a run through the native API: stopping it, and running it again."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, jsonify

from deployment.api.errors import refused
from deployment.api.rerun_replies import accepted, not_dispatched, replayed
from deployment.api.rerun_request import read_rerun
from deployment.api.visible import visible_run
from deployment.idempotency import AlreadyAccepted
from deployment.kept_inputs import NotRerunnable
from deployment.models import ExecutionStatus
from deployment.parts import current_parts as parts
from deployment.reruns import rerun
from deployment.stop import AlreadyEnded, stop
from guards import outcome_of

actions = Blueprint("actions", __name__, url_prefix="/v1")


@actions.post("/executions/<uuid:execution_id>/stop")
def stop_execution(execution_id: UUID) -> tuple[Response, int]:
    """202 when the run has been stopped; 409 when it had ended; 404 when there is none that the key may see."""
    key, execution = visible_run(execution_id)
    try:
        stop(parts(), execution.id, f"the API key {key.prefix}")
    except AlreadyEnded as error:
        raise refused(409, "conflict", str(error)) from None
    return jsonify(id=str(execution_id), status=ExecutionStatus.STOPPED), 202


@actions.post("/executions/<uuid:execution_id>/rerun")
def rerun_execution(execution_id: UUID) -> tuple[Response, int]:
    """202 with the new run; 409 when there can be none; 422 with one that has failed while its inputs were copied."""
    key, first = visible_run(execution_id)
    which, idempotency_key = read_rerun()
    try:
        return accepted(first, rerun(parts(), first, which, key, idempotency_key))
    except NotRerunnable as error:
        raise refused(409, "conflict", str(error)) from None
    except AlreadyAccepted as again:
        return replayed(first, again.execution_id)
    except Exception as error:
        outcome = outcome_of(error)
        if outcome is None:
            raise  # there is no row: 429 or 503
        return not_dispatched(first, outcome)
