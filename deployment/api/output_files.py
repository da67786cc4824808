"""Files that workflows have handed out, over HTTP: listed in the items of a reply, and fetched one by one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, send_file, url_for

from deployment.api.errors import Refused, refused
from deployment.api.visible import visible_run
from deployment.attempt import Attempt
from deployment.models import Execution, ExecutionFile, FileStatus
from deployment.outputs import StoredOutput, open_output
from deployment.parts import current_parts as parts
from deployment.results import read_result
from deployment.retention import expiry, is_expired
from storage import NotFound

output_files = Blueprint("output_files", __name__, url_prefix="/v1")
ROUTE = "output_files.get_output"


@output_files.get("/executions/<uuid:execution_id>/files/<uuid:file_id>/outputs/<int:number>")
def get_output(execution_id: UUID, file_id: UUID, number: int) -> Response:
    """The bytes of a file, from 1; 404 where the key may see none, 410 when the result has expired."""
    _, execution = visible_run(execution_id)
    if is_expired(execution):
        raise refused(410, "gone", expiry(execution))
    try:
        return _sent(_attempt(execution, file_id), number)
    except NotFound:
        raise _no_output() from None


def listed_outputs(execution: Execution, file: ExecutionFile, outputs: list[StoredOutput]) -> list[dict[str, Any]]:
    """The files of an item, each with the path from which it can be fetched."""
    return [
        {**output, "url": url_for(ROUTE, execution_id=execution.id, file_id=file.id, number=number)}
        for number, output in enumerate(outputs, 1)
    ]


def _attempt(execution: Execution, file_id: UUID) -> Attempt:
    """The one that succeeded: what another one has stored is not handed out."""
    file = next((file for file in execution.files if file.id == file_id), None)
    if file is None or file.status != FileStatus.SUCCESS:
        raise _no_output()
    return Attempt(execution.id, file.id, file.attempt)


def _sent(attempt: Attempt, number: int) -> Response:
    """A block at a time. It is only ever saved, never shown: its bytes are made of what strangers send."""
    listed = read_result(parts().store, attempt).get("outputs", [])
    if not 1 <= number <= len(listed):
        raise _no_output()
    output = listed[number - 1]
    response = send_file(
        open_output(parts().store, attempt, number),
        mimetype=output["media_type"],
        as_attachment=True,
        download_name=output["name"],
        conditional=False,
        etag=output["sha256"],
        max_age=0,
    )
    response.content_length = output["size"]
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


def _no_output() -> Refused:
    return refused(404, "not_found", "Output not found")
