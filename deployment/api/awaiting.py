"""Waiting for the end of a run on a seat, for a caller that asked for it."""

from __future__ import annotations

from uuid import UUID

from flask import Response, after_this_request

from deployment.api.errors import RETRY_SECONDS
from deployment.api.waiting import current_room, wanted
from deployment.executions import find_execution, wait_for_end
from deployment.models import Execution
from deployment.parts import current_parts as parts


def awaited_run(execution_id: UUID, seconds: float) -> Execution | None:
    """The run at its end or after `seconds`; as it stands, with `Retry-After`, where too many callers wait already."""
    if not seconds:
        return find_execution(parts(), execution_id)
    with current_room().seat() as seated:
        execution = wait_for_end(parts(), execution_id, seconds if seated else 0, wanted())
    if not seated and execution is not None and execution.live:
        after_this_request(_ask_again)
    return execution


def _ask_again(reply: Response) -> Response:
    reply.headers["Retry-After"] = str(RETRY_SECONDS)
    return reply
