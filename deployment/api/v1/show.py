"""Looking at an execution: how it stands, once or as soon as it has ended, and its files and its log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from flask import Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field

from deployment.api.awaiting import awaited_run
from deployment.api.errors import refused
from deployment.api.v1.execution_body import ExecutionBody, FileBody, execution_body
from deployment.api.v1.parameters import IF_NONE_MATCH
from deployment.api.v1.paths import ExecutionPath
from deployment.api.v1.rights import no_execution, visible_run
from deployment.api.v1.route import route
from deployment.fingerprint import fingerprint
from deployment.models import Execution, LogLine, Scope
from deployment.parts import current_parts as parts
from deployment.retention import expiry, is_expired

LONGEST_WAIT = 300
POLL_SECONDS = 1
"""What `Retry-After` says of a run that goes on."""
LINES = 1000


class WaitQuery(BaseModel):
    """How long to wait."""

    wait: int = Field(0, ge=0, le=LONGEST_WAIT, description="seconds to wait for the end of the execution")


class LogQuery(BaseModel):
    """Which lines."""

    after: int = Field(0, ge=0, le=2**31 - 1, description="the `number` of the last line that is known")


class Files(BaseModel):
    """The files of an execution, in the order of the request."""

    files: list[FileBody]


class Line(BaseModel):
    """One step in the life of an execution."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)

    number: int = Field(validation_alias="id", description="rises from line to line")
    at: datetime
    level: str = Field(description="INFO, or ERROR where something has failed")
    message: str
    file_id: UUID | None


class Lines(BaseModel):
    """A part of a log, in order; ask with `after` for more until none comes."""

    lines: list[Line]


@route(
    "get",
    "/executions/<uuid:execution_id>",
    Scope.READ,
    tag="Executions",
    replies={200: ExecutionBody, 304: None},
    parameters=(IF_NONE_MATCH,),
    problems=(404, 410),
)
def get_execution(path: ExecutionPath, query: WaitQuery) -> Response:
    """How an execution stands; with `wait`, as soon as it has ended."""
    run = visible_run(path.execution_id)
    if query.wait and run.live:
        run = awaited_run(run.id, query.wait) or _missing()
    require_unexpired(run)
    return shown(run)


@route(
    "get",
    "/executions/<uuid:execution_id>/files",
    Scope.READ,
    tag="Executions",
    replies={200: Files},
    problems=(404, 410),
)
def list_files(path: ExecutionPath) -> Files:
    """The files of an execution."""
    return Files(files=[FileBody.model_validate(file) for file in visible_run(path.execution_id).files])


@route(
    "get",
    "/executions/<uuid:execution_id>/logs",
    Scope.READ,
    tag="Executions",
    replies={200: Lines},
    problems=(404, 410),
)
def list_log_lines(path: ExecutionPath, query: LogQuery) -> Lines:
    """What has happened to an execution, step by step."""
    run = visible_run(path.execution_id)
    question = sa.select(LogLine).where(LogLine.execution_id == run.id, LogLine.id > query.after)
    with parts().database.reading() as session:
        found = session.scalars(question.order_by(LogLine.id).limit(LINES))
        return Lines(lines=[Line.model_validate(line) for line in found])


def shown(run: Execution) -> Response:
    """How a run stands, or 304 if the caller knows it; `Retry-After` while it goes on."""
    body = execution_body(run)
    reply = jsonify(body)
    reply.set_etag(fingerprint(body)[:32])
    reply.headers["Cache-Control"] = "private, no-cache"
    if run.live:
        reply.headers.setdefault("Retry-After", str(POLL_SECONDS))
    reply.make_conditional(request)
    return reply


def require_unexpired(run: Execution) -> None:
    """Raise 410 with `expired_at` once the result has been kept for as long as was promised."""
    if is_expired(run):
        at = run.expires_at.isoformat() if run.expires_at else None
        raise refused(410, "expired", expiry(run), about=run.id, more={"expired_at": at})


def _missing() -> Execution:
    raise no_execution()
