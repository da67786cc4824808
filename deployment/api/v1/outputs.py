"""Files that workflows have handed out, fetched one by one: with a key that may read, or by a link of ours."""

from __future__ import annotations

from uuid import UUID

from flask import Response, request, send_file
from pydantic import BaseModel, Field

from deployment.api.errors import Refused, refused
from deployment.api.v1.links import is_link
from deployment.api.v1.parameters import IF_NONE_MATCH
from deployment.api.v1.paths import OutputPath
from deployment.api.v1.rights import require, visible_run
from deployment.api.v1.route import route
from deployment.api.v1.show import require_unexpired
from deployment.attempt import Attempt
from deployment.executions import find_execution
from deployment.models import Execution, FileStatus, Scope
from deployment.outputs import open_output
from deployment.parts import current_parts as parts
from deployment.results import read_result
from storage import NotFound

BYTES = {"description": "the file", "content": {"application/octet-stream": {"schema": {"type": "string"}}}}


class LinkQuery(BaseModel):
    """What a link of ours has."""

    token: str | None = Field(None, description="of a link that was given out with the results; then no key is needed")


@route(
    "get",
    "/executions/<uuid:execution_id>/files/<uuid:file_id>/outputs/<int:number>",
    None,
    tag="Executions",
    replies={200: BYTES, 304: None},
    parameters=(IF_NONE_MATCH,),
    problems=(404, 410),
)
def get_output(path: OutputPath, query: LinkQuery) -> Response:
    """The bytes of a file that a workflow has handed out."""
    execution = _execution(path, query.token)
    require_unexpired(execution)
    try:
        return _sent(_attempt(execution, path.file_id), path.number)
    except NotFound:
        raise _no_output() from None


def _execution(path: OutputPath, token: str | None) -> Execution:
    if token is not None and is_link(token, path.execution_id, path.file_id, path.number):
        linked = find_execution(parts(), path.execution_id)
        if linked is None or linked.deleted_at is not None:
            raise _no_output()
        return linked
    require(Scope.READ)
    return visible_run(path.execution_id)


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
