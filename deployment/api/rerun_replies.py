"""The replies to a request for a rerun: the new run's id, how it stands, and where to look."""

from __future__ import annotations

from uuid import UUID

from flask import Response, jsonify, url_for

from deployment.api.idempotency import REPLAYED
from deployment.api.replies import UNDECIDED
from deployment.executions import decided, find_execution
from deployment.models import Execution, ExecutionStatus
from deployment.parts import current_parts as parts
from guards import Outcome

Reply = tuple[Response, int]


def accepted(first: Execution, new_id: UUID) -> Reply:
    """202: from here on the run is the workers'."""
    return _told(first, new_id, ExecutionStatus.QUEUED, 202)


def replayed(first: Execution, new_id: UUID) -> Reply:
    """How the run stands that this request has made before."""
    reply, code = _as_it_stands(first, new_id, find_execution(parts(), new_id))
    reply.headers[REPLAYED] = "true"
    return reply, code


def not_dispatched(first: Execution, outcome: Outcome) -> Reply:
    """422 with the reason if the new run has failed; else the row says how it stands, or will."""
    if outcome.failed:
        return _told(first, outcome.run, ExecutionStatus.ERROR, 422, outcome.reason)
    return _as_it_stands(first, outcome.run, decided(parts(), outcome.run))


def _as_it_stands(first: Execution, new_id: UUID, run: Execution | None) -> Reply:
    if run is None:
        return _told(first, new_id, ExecutionStatus.PENDING, 422, UNDECIDED)
    status = ExecutionStatus(run.status)
    failed = status in (ExecutionStatus.ERROR, ExecutionStatus.STOPPED)
    return _told(first, new_id, status, 422 if failed else 202, run.error)


def _told(first: Execution, new_id: UUID, status: ExecutionStatus, code: int, error: str | None = None) -> Reply:
    links = _links(first, new_id)
    reply = jsonify(id=str(new_id), status=status, rerun_of=str(first.id), error=error, links=links)
    reply.headers["Location"] = links["self"]
    return reply, code


def _links(first: Execution, new_id: UUID) -> dict[str, str]:
    """`result` is where the compatible endpoint gives it: both runs are of one deployment."""
    org, name = first.deployment.organization.name, first.deployment.name
    return {
        "self": url_for("executions.get_execution", execution_id=new_id),
        "events": url_for("executions.get_events", execution_id=new_id),
        "result": url_for("wire.get_execution", org=org, name=name, execution_id=new_id),
        "stop": url_for("actions.stop_execution", execution_id=new_id),
        "rerun_of": url_for("executions.get_execution", execution_id=first.id),
    }
