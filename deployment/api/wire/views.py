"""The wire of `/deployment/api/{org}/{name}/`: POST submits, GET tells."""

from __future__ import annotations

from uuid import UUID

import structlog
from flask import Blueprint, Response, request

from deployment.api.awaiting import awaited_run
from deployment.api.errors import FieldError, invalid, refused
from deployment.api.idempotency import REPLAYED
from deployment.api.submitting import refuse_early, submit_for
from deployment.api.wire.auth import Caller, authenticate
from deployment.api.wire.fields import Fields, Includes
from deployment.api.wire.items import file_items
from deployment.api.wire.replies import UNDECIDED, Items, posted, told, wire_status
from deployment.api.wire.submission import Asked, read_submission
from deployment.executions import acknowledge, decided, find_execution
from deployment.idempotency import AlreadyAccepted
from deployment.models import Execution, ExecutionStatus, Scope
from deployment.parts import current_parts as parts
from deployment.retention import expiry, is_expired
from guards import outcome_of
from storage import StorageError

log = structlog.get_logger()
wire = Blueprint("wire", __name__)

Reply = tuple[Response, int]


@wire.post("/deployment/api/<org>/<name>/", strict_slashes=False)
def post_execution(org: str, name: str) -> Reply:
    """Submit files; 200 once they are accepted, or done within `timeout`; 422 when that failed."""
    caller = authenticate(parts().database, org, name, Scope.RUN)
    refuse_early(caller.deployment, caller.key)
    asked = read_submission(caller, parts().policy)
    path = {"org": org, "name": name}
    try:
        execution_id = submit_for(caller.key, asked.submission)
    except AlreadyAccepted as again:
        return _replayed(again.execution_id, asked, path)
    except Exception as error:
        outcome = outcome_of(error)
        if outcome is None:
            raise  # there is no row: 429 or 503
        if outcome.failed:
            return posted(422, outcome.run, ExecutionStatus.ERROR, path, error=outcome.reason)
        return _decided_elsewhere(outcome.run, path)
    return _accepted(execution_id, asked, path)


@wire.get("/deployment/api/<org>/<name>/", strict_slashes=False)
def get_execution(org: str, name: str) -> Reply:
    """Tell how an execution stands; its result, if it is done."""
    caller = authenticate(parts().database, org, name, Scope.READ)
    fields = Fields(request.args)
    execution_id, includes = _execution_id(fields), fields.includes()
    if fields.errors or execution_id is None:
        raise invalid(*fields.errors)
    execution = find_execution(parts(), execution_id)
    if execution is None or execution.deployment_id != caller.deployment.id:
        raise refused(404, "not_found", "Execution not found")
    return _tell(caller, execution, includes)


def _replayed(execution_id: UUID, asked: Asked, path: dict[str, str]) -> Reply:
    """How the run stands that this request has made before."""
    execution = awaited_run(execution_id, asked.wait_seconds)
    if execution is None:
        raise refused(404, "not_found", "Execution not found")
    reply, code = _waited(execution, asked.includes, path)
    reply.headers[REPLAYED] = "true"
    return reply, code


def _accepted(execution_id: UUID, asked: Asked, path: dict[str, str]) -> Reply:
    """From here on the run is the workers': whatever fails now is not its failure (fault A9)."""
    try:
        if asked.wait_seconds:
            execution = awaited_run(execution_id, asked.wait_seconds)
            if execution is not None:
                return _waited(execution, asked.includes, path)
    except Exception:
        log.exception("wait_failed", execution_id=str(execution_id))
    return posted(200, execution_id, ExecutionStatus.PENDING, path)


def _decided_elsewhere(execution_id: UUID, path: dict[str, str]) -> Reply:
    """The guard did not fail the run: its row says how it stands, or will. A 5xx would be sent again: two runs."""
    run = decided(parts(), execution_id)
    if run is None:
        return posted(422, execution_id, ExecutionStatus.PENDING, path, error=UNDECIDED)
    if run.status in (ExecutionStatus.ERROR, ExecutionStatus.STOPPED):
        return posted(422, execution_id, run.status, path, error=run.error, run=run)
    return posted(200, execution_id, ExecutionStatus.PENDING, path)


def _waited(execution: Execution, includes: Includes, path: dict[str, str]) -> Reply:
    status = wire_status(execution)
    if execution.live:
        return posted(200, execution.id, status, path)
    if is_expired(execution) and execution.status == ExecutionStatus.COMPLETED:
        return posted(410, execution.id, status, path, error=expiry(execution))
    if execution.status == ExecutionStatus.COMPLETED:
        return posted(200, execution.id, status, path, result=_items(execution, includes), run=execution)
    items = _items_of_failure(execution, includes)
    return posted(422, execution.id, status, path, error=execution.error, result=items, run=execution)


def _tell(caller: Caller, execution: Execution, includes: Includes) -> Reply:
    status = wire_status(execution)
    if execution.live:
        return told(422, status, None, run=execution)
    if execution.status != ExecutionStatus.COMPLETED:
        return told(422, status, _items_of_failure(execution, includes), execution.error, run=execution)
    if is_expired(execution):
        return told(410, status, None, expiry(execution))
    return _completed(caller, execution, includes)


def _completed(caller: Caller, execution: Execution, includes: Includes) -> Reply:
    """The result is read before it is acknowledged: a storage that is down must not use it up."""
    single_use = caller.deployment.single_use and request.method == "GET"  # HEAD shows no result
    if single_use and execution.acknowledged_at is not None:
        return _acknowledged_already(execution)
    items = _items(execution, includes)
    if single_use and not acknowledge(parts(), execution):
        return _acknowledged_already(execution)
    return told(200, wire_status(execution), items, run=execution)


def _acknowledged_already(execution: Execution) -> Reply:
    return told(406, wire_status(execution), "Result already acknowledged")


def _items(execution: Execution, includes: Includes) -> Items | None:
    """The items, or None where no worker ever had a file."""
    return file_items(parts().store, execution, includes) if execution.started_at else None


def _items_of_failure(execution: Execution, includes: Includes) -> Items | None:
    """A terminal failure is told even while the storage is away: to a 5xx the client would poll on."""
    try:
        return _items(execution, includes)
    except StorageError:
        log.exception("items_not_readable", execution_id=str(execution.id))
        return None


def _execution_id(fields: Fields) -> UUID | None:
    given = request.args.get("execution_id", "")
    try:
        return UUID(given)
    except ValueError:
        code, detail = ("invalid", "Must be a valid UUID.") if given else ("required", "This field is required.")
        fields.errors.append(FieldError(code, detail, "execution_id"))
        return None
