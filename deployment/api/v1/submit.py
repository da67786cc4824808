"""Submitting an execution: 202 with where to look, or 200 with its results if it has ended while the caller waited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from flask import Response, jsonify
from pydantic import BaseModel

from deployment.api.awaiting import awaited_run
from deployment.api.errors import Refused, refused
from deployment.api.idempotency import REPLAYED
from deployment.api.submitting import refuse_early, submit_for
from deployment.api.v1.execution_body import ExecutionBody, Links, Status, execution_body, links_of
from deployment.api.v1.parameters import IDEMPOTENCY_KEY, PREFER
from deployment.api.v1.paths import DeploymentPath
from deployment.api.v1.prefer import preferred_wait
from deployment.api.v1.results import ResultBody, result_bodies
from deployment.api.v1.rights import current_key, no_execution, visible_deployment
from deployment.api.v1.route import reference, route
from deployment.api.v1.show import POLL_SECONDS, require_unexpired
from deployment.api.v1.submission import Asked, read_submission
from deployment.causes import cause_of
from deployment.executions import decided
from deployment.idempotency import AlreadyAccepted
from deployment.models import Execution, ExecutionStatus, Scope
from deployment.parts import current_parts as parts
from guards import Outcome, outcome_of
from storage import StorageError

log = structlog.get_logger()
UNDECIDED = "Whether it was accepted is not known yet: the database did not answer. Look at it in a moment."


class Accepted(BaseModel):
    """An execution that was accepted while its row could not be read."""

    id: UUID
    status: Status
    links: Links


class Ended(ExecutionBody):
    """An execution that has ended, with its results."""

    results: list[ResultBody]


BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    **{name: {"$ref": f"{reference(Asked)}/properties/{name}"} for name in Asked.model_fields},
                },
            }
        },
        "application/json": {"schema": {"$ref": reference(Asked)}},
    },
}
ACCEPTED = {
    "description": "It is accepted, and will be executed",
    "content": {
        "application/json": {"schema": {"anyOf": [{"$ref": reference(model)} for model in (ExecutionBody, Accepted)]}}
    },
}


@route(
    "post",
    "/deployments/<org>/<name>/executions",
    Scope.RUN,
    tag="Executions",
    replies={200: Ended, 202: ACCEPTED},
    problems=(404, 409, 410, 413, 415, 422),
    parameters=(IDEMPOTENCY_KEY, PREFER),
    requestBody=BODY,
    schemas=(Asked, Accepted),
)
def create_execution(path: DeploymentPath) -> Response:
    """Run a deployment on files. With `Prefer: wait=N`, the reply comes at the end, or after N seconds."""
    deployment = visible_deployment(path.org, path.name)
    if not deployment.active:
        raise refused(409, "conflict", "This deployment is not active.")
    refuse_early(deployment, current_key())
    submission = read_submission(parts(), deployment, current_key())
    return reply_to(lambda: submit_for(current_key(), submission))


def reply_to(submitting: Callable[[], UUID]) -> Response:
    """What came of a submit; raises what it raises while there is no row: 429 or 503."""
    try:
        execution_id = submitting()
    except AlreadyAccepted as again:
        return _replayed(again.execution_id)
    except Exception as error:
        outcome = outcome_of(error)
        if outcome is None:
            raise
        return _decided_elsewhere(outcome)
    return _accepted(execution_id)


def _accepted(execution_id: UUID) -> Response:
    """From here on the run is the workers': whatever fails now is not its failure."""
    try:
        run = awaited_run(execution_id, preferred_wait())
        if run is not None:
            return _told(run)
    except Exception:
        log.exception("wait_failed", execution_id=str(execution_id))
    links = links_of(execution_id)
    return _reply({"id": str(execution_id), "status": ExecutionStatus.QUEUED, "links": links}, 202)


def _replayed(execution_id: UUID) -> Response:
    """How the run stands that this request has made before."""
    run = awaited_run(execution_id, preferred_wait())
    if run is None:
        raise no_execution()
    if run.deleted_at is not None:
        raise refused(410, "deleted", f"Deleted at {run.deleted_at.isoformat()}", about=run.id)
    require_unexpired(run)
    reply = _told(run)
    reply.headers[REPLAYED] = "true"
    return reply


def _decided_elsewhere(outcome: Outcome) -> Response:
    """422 with the reason if the run has failed; else its row says how it stands, or will."""
    if outcome.failed:
        raise _not_dispatched(outcome.run, outcome.reason)
    run = decided(parts(), outcome.run)
    if run is None:
        raise refused(422, "undecided", UNDECIDED, about=outcome.run)
    if run.status in (ExecutionStatus.ERROR, ExecutionStatus.STOPPED):
        raise _not_dispatched(run.id, run.error or run.status)
    return _told(run)


def _not_dispatched(execution_id: UUID, reason: str) -> Refused:
    return refused(422, "not_dispatched", reason, about=execution_id)


def _told(run: Execution) -> Response:
    """As it stands; without its results, if the storage is away: they can be read later, and it was accepted."""
    body = execution_body(run)
    if run.live:
        return _reply(body, 202)
    try:
        return _reply({**body, "results": result_bodies(run)}, 200)
    except StorageError as error:
        log.warning("results_not_readable", execution_id=str(run.id), error=cause_of(error))
        return _reply(body, 202)


def _reply(body: dict[str, Any], status: int) -> Response:
    reply = jsonify(body)
    reply.status_code = status
    reply.headers["Location"] = body["links"]["self"]
    if status == 202:
        reply.headers.setdefault("Retry-After", str(POLL_SECONDS))
    if seconds := preferred_wait():
        reply.headers["Preference-Applied"] = f"wait={seconds}"
    return reply
