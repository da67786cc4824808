"""What the tests of the wire share: bodies written by hand, what a refusal is and leaves, slots that are held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from werkzeug.test import TestResponse

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.deployments import find_deployment
from deployment.models import Execution, ExecutionStatus
from tests.airlock import Airlock
from tests.eventually import eventually

BOUNDARY = "----airlock"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
EMPTY_MESSAGE = {"execution_id": None, "execution_status": "", "status_api": None, "result": None}


def part(disposition: str, content: bytes = b"Hello", *headers: str) -> bytes:
    """One part; `disposition` is what stands behind `form-data; `."""
    lines = [f"--{BOUNDARY}", f"Content-Disposition: form-data; {disposition}", *headers, "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + content + b"\r\n"


def body(*parts: bytes) -> bytes:
    """A whole body of these parts."""
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def send(airlock: Airlock, data: bytes, content_type: str | None = MULTIPART, **headers: str) -> TestResponse:
    """POST `data` as it is."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return airlock.client.post(airlock.path, data=data, content_type=content_type, headers={**airlock.headers, **named})


def breaches(reply: TestResponse) -> set[tuple[str | None, str]]:
    """`(attr, code)` of each breach of a 400, after a look at the shape of the reply."""
    assert reply.status_code == 400, reply.text
    assert well_formed(reply)["type"] == "validation_error"
    return {(error["attr"], error["code"]) for error in reply.get_json()["errors"]}


def well_formed(reply: TestResponse) -> dict[str, Any]:
    """The JSON of a refusal, in the one shape that all of them have."""
    told: dict[str, Any] = reply.get_json()
    assert set(told) == {"type", "errors", "message"}
    assert told["errors"], "there is a reason"
    for error in told["errors"]:
        assert set(error) == {"code", "detail", "attr"}
        assert error["detail"]
    reason = told["message"].pop("error")
    assert told["message"] == EMPTY_MESSAGE
    assert all(error["detail"] in reason for error in told["errors"])
    assert "\n" not in reason
    return told


def left(airlock: Airlock) -> list[Any]:
    """The rows and the objects of the whole installation."""
    return [*airlock.rows(), *airlock.parts.store.keys("")]


def sealed(airlock: Airlock, after: int = 0) -> Execution:
    """The first run behind the first `after` ones, as soon as it is QUEUED."""
    return eventually(lambda: [run for run in airlock.rows()[after:] if run.status == "QUEUED"])[0]


def hold_slot(caller: Airlock) -> UUID:
    """A run that is being staged, with a lease of an hour: nobody works on it, nobody ends it."""
    held, later = uuid4(), utcnow() + timedelta(hours=1)
    with caller.parts.database.writing() as session:
        deployment = find_deployment(session, *caller.path.split("/")[3:5])
        assert deployment is not None
        run = Execution(
            id=held,
            organization_id=deployment.organization_id,
            deployment_id=deployment.id,
            workflow=deployment.workflow,
            workflow_version="1",
            options={},
            tags=[],
            custom_data={},
            guard_token="held",
            total_files=0,
            open_files=0,
            created_at=utcnow(),
            deadline_at=later,
            lease_expires_at=later,
        )
        lifecycle.accept(session, run)
    return held


def release_slot(caller: Airlock, held: UUID) -> None:
    """End such a run."""
    with caller.parts.database.writing() as session:
        assert lifecycle.end(session, held, ExecutionStatus.STOPPED, caller.parts.policy, by="test", error="released")
