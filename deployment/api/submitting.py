"""What both faces do around a submit: refuse early, wait on a seat for what is fetched, and count what was uploaded."""

from __future__ import annotations

from uuid import UUID

from flask import request

from deployment.api.idempotency import HEADER
from deployment.api.limiting import count_uploads, look_for_room
from deployment.api.waiting import required_seat
from deployment.models import ApiKey, Deployment
from deployment.parts import current_parts as parts
from deployment.presigned import RemoteFile
from deployment.slots import look_for_slot
from deployment.submit import Submission, submit


def refuse_early(deployment: Deployment, key: ApiKey) -> None:
    """Before the body is read: without a free slot, or room for its bytes. Raises what `slots` and `limiting` do.

    A request that is sent again needs no slot, if its run exists.
    """
    if HEADER not in request.headers:
        with parts().database.reading() as session:
            look_for_slot(session, deployment.organization, key, parts().policy)
    look_for_room(key)


def submit_for(key: ApiKey, submission: Submission) -> UUID:
    """As `submit`. Fetching takes as long as others need to send: who waits for them takes a seat, as others do."""
    if any(isinstance(file, RemoteFile) for file in submission.files):
        with required_seat():
            execution_id = submit(parts(), submission)
    else:
        execution_id = submit(parts(), submission)
    count_uploads(key, submission.files)
    return execution_id
