"""Following an execution as server-sent events."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import structlog
from flask import Response, request
from sqlalchemy.exc import SQLAlchemyError

from deployment.api.v1.events import event_stream, mark
from deployment.api.v1.execution_body import execution_state
from deployment.api.v1.parameters import LAST_EVENT_ID
from deployment.api.v1.paths import ExecutionPath
from deployment.api.v1.rights import visible_run
from deployment.api.v1.route import route
from deployment.api.waiting import current_room, too_many_waiting, wanted
from deployment.causes import cause_of
from deployment.executions import follow
from deployment.models import Execution, Scope
from deployment.parts import Parts
from deployment.parts import current_parts as parts

log = structlog.get_logger()
EVENT = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "enum": ["state", "file", "execution", "end"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "id": {"type": "string", "description": "send the last one as `Last-Event-ID` to go on from there"},
    },
}
STREAM = {"description": "events, each of this form", "content": {"text/event-stream": {"schema": EVENT}}}
"""The schema is of one event, as OpenAPI 3.2 has it; 3.1 knows no streams."""


@route(
    "get",
    "/executions/<uuid:execution_id>/events",
    Scope.READ,
    tag="Executions",
    replies={200: STREAM, 204: None},
    parameters=(LAST_EVENT_ID,),
    problems=(404, 410),
)
def get_events(path: ExecutionPath) -> Response:
    """How an execution stands, then what changes, as server-sent events, until its end; 204 for who has seen that."""
    run, last_id = visible_run(path.execution_id), request.headers.get("Last-Event-ID", "")
    if not run.live and mark(execution_state(run)) == last_id:
        return Response(status=204)  # by which an EventSource knows that it need not come back
    room = current_room()
    if not room.take():
        raise too_many_waiting()
    response = Response(event_stream(_looks(parts(), run.id), last_id, wanted()), mimetype="text/event-stream")
    response.call_on_close(room.leave)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would collect events until a buffer is full
    return response


def _looks(own: Parts, execution_id: UUID) -> Iterator[Execution]:
    """The reply has begun: when the database is away, all that is left to say is nothing. The caller comes back."""
    try:
        yield from follow(own, execution_id)
    except SQLAlchemyError as error:
        log.warning("events_cut_short", execution_id=str(execution_id), error=cause_of(error))
