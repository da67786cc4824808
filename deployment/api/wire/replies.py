"""The bodies of the wire's replies about an execution."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify, url_for

from deployment.models import Execution, ExecutionStatus
from deployment.progress import progress

ON_THE_WIRE = {ExecutionStatus.QUEUED: ExecutionStatus.PENDING}
"""Clients know PENDING, EXECUTING, COMPLETED, ERROR and STOPPED, and stop polling at any other word."""

UNDECIDED = "Whether it was accepted is not known yet: the database did not answer. Its status will tell."
"""Of a run for which nothing may be promised; its id is worth more to the caller than a 503."""

Items = list[dict[str, Any]]


def wire_status(execution: Execution) -> str:
    """The status as the wire calls it."""
    status = ExecutionStatus(execution.status)
    return str(ON_THE_WIRE.get(status, status))


def posted(
    code: int,
    execution_id: UUID,
    status: str,
    path: dict[str, str],
    *,
    error: str | None = None,
    result: Items | None = None,
    run: Execution | None = None,
) -> tuple[Response, int]:
    """The reply to a POST: everything within `message`, absent is null; with the progress of `run`, if it is given."""
    message: dict[str, Any] = {
        "execution_id": str(execution_id),
        "execution_status": status,
        "status_api": url_for("wire.get_execution", execution_id=execution_id, org=path["org"], name=path["name"]),
        "error": error,
        "result": result,
    }
    if run is not None:
        message["progress"] = progress(run.files)
    return jsonify(message=message), code


def told(
    code: int,
    status: str,
    message: Items | str | None,
    error: str | None = None,
    *,
    run: Execution | None = None,
) -> tuple[Response, int]:
    """The reply to a GET, with the progress of `run`: an addition of ours, which clients pass over."""
    body: dict[str, Any] = {"status": status, "message": message}
    if error is not None:
        body["error"] = error
    if run is not None:
        body["progress"] = progress(run.files)
    return jsonify(body), code
