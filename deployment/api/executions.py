"""Looking at a run through the native API: once, or as events while it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import structlog
from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from deployment.api.events import event_stream, mark
from deployment.api.execution_body import execution_body
from deployment.api.visible import visible_run
from deployment.api.waiting import current_room, too_many_waiting, wanted
from deployment.executions import follow
from deployment.models import Execution
from deployment.parts import Parts
from deployment.parts import current_parts as parts

log = structlog.get_logger()
executions = Blueprint("executions", __name__, url_prefix="/v1")


@executions.get("/executions/<uuid:execution_id>")
def get_execution(execution_id: UUID) -> Response:
    """How a run and its files stand; 404 when there is none that the key may see."""
    _, run = visible_run(execution_id)
    return jsonify(execution_body(run))


@executions.get("/executions/<uuid:execution_id>/events")
def get_events(execution_id: UUID) -> Response:
    """The same as events, until the end; 204 for a caller that has seen that, 503 where too many callers wait."""
    (_, run), last_id = visible_run(execution_id), request.headers.get("Last-Event-ID", "")
    if not run.live and mark(execution_body(run)) == last_id:
        return Response(status=204)  # by which an EventSource knows that it need not come back
    room = current_room()
    if not room.take():
        raise too_many_waiting()
    response = Response(event_stream(_looks(parts(), execution_id), last_id, wanted()), mimetype="text/event-stream")
    response.call_on_close(room.leave)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would collect events until a buffer is full
    return response


def _looks(own: Parts, execution_id: UUID) -> Iterator[Execution]:
    """The reply has begun: when the database is away, all that is left to say is nothing. The caller comes back."""
    try:
        yield from follow(own, execution_id)
    except SQLAlchemyError as error:
        log.warning("events_cut_short", execution_id=str(execution_id), error=type(error).__name__)
