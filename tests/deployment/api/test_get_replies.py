"""What a GET answers, case by case; and who may ask about which run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from deployment.cleanup import clean_up
from deployment.clock import utcnow
from deployment.deployments import find_deployment
from deployment.issuing import create_key
from deployment.models import Execution
from deployment.stop import stop
from tests.airlock import HELLO, Airlock
from tests.deployment.api.wire import breaches, well_formed
from tests.servers.rclone import RcloneS3

NewApp = Callable[..., Flask]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def told(airlock: Airlock, execution_id: UUID | str, **query: Any) -> tuple[int, dict[str, Any]]:
    reply = airlock.get(execution_id, **query)
    return reply.status_code, reply.get_json()


def completed(airlock: Airlock, *files: tuple[str, bytes]) -> UUID:
    execution_id = airlock.accept(files or [HELLO])
    airlock.work_here(execution_id)
    return execution_id


def test_a_run_that_goes_on_is_422_without_items(airlock: Airlock) -> None:
    execution_id = airlock.accept([HELLO] * 3)
    for status in ("PENDING", "EXECUTING"):
        code, body = told(airlock, execution_id)
        assert (code, body["status"], body["message"]) == (422, status, None)
        assert set(body) == {"status", "message", "progress"}
        airlock.swap(Execution, execution_id, status="EXECUTING")


def test_a_result_can_be_read_again_and_again(airlock: Airlock) -> None:
    execution_id = completed(airlock)
    first = told(airlock, execution_id)
    assert (first[0], first[1]["status"], set(first[1])) == (200, "COMPLETED", {"status", "message", "progress"})
    assert first == told(airlock, execution_id) == told(airlock, execution_id)


def test_a_failure_is_422_with_its_reason_every_time(airlock: Airlock) -> None:
    execution_id = completed(airlock, ("a.png", PNG))
    code, body = told(airlock, execution_id)
    assert (code, body["status"], [item["status"] for item in body["message"]]) == (422, "ERROR", ["Failed"])
    assert body["error"] == body["message"][0]["error"] == airlock.run(execution_id).error
    assert told(airlock, execution_id) == (code, body)


def test_a_stopped_run_is_422_and_says_so(airlock: Airlock) -> None:
    execution_id = airlock.accept()
    stop(airlock.parts, execution_id, by="an operator")
    code, body = told(airlock, execution_id)
    assert (code, body["status"], body["message"]) == (422, "STOPPED", None)
    assert "stopped" in body["error"]


def test_a_run_that_never_was_dispatched_has_no_items(airlock: Airlock) -> None:
    execution_id = airlock.accept()
    airlock.swap(Execution, execution_id, lease_expires_at=utcnow() - timedelta(hours=1), status="PENDING")
    code, body = told(airlock, execution_id)
    assert (code, body["status"], body["message"]) == (422, "ERROR", None)
    assert "abandoned_before_dispatch" in body["error"]


def test_an_expired_result_is_410_and_says_since_when(airlock: Airlock) -> None:
    execution_id = completed(airlock)
    since = utcnow() - timedelta(days=1)
    airlock.swap(Execution, execution_id, expires_at=since)
    for _ in range(2):
        code, body = told(airlock, execution_id)
        assert (code, body["status"], body["message"]) == (410, "COMPLETED", None)
        assert datetime.fromisoformat(body["error"].rsplit(" ", 1)[1]) == since
        airlock.parts.store.delete_prefix(f"{execution_id}/")  # as the retention does, sooner or later


def test_no_id_or_a_malformed_one_is_a_validation_error(airlock: Airlock) -> None:
    assert breaches(airlock.client.get(airlock.path, headers=airlock.headers)) == {("execution_id", "required")}
    assert breaches(airlock.get("")) == {("execution_id", "required")}
    for odd in (
        "x",
        "1",
        str(uuid4())[:-1],
        f"{uuid4()}0",
        "\x00",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").hex(),
    ):
        assert breaches(airlock.get(odd)) == {("execution_id", "invalid")}, odd
    assert airlock.client.get(f"{airlock.path}?execution_id=%ff%00", headers=airlock.headers).status_code == 400


def test_an_unknown_id_is_404(airlock: Airlock) -> None:
    reply = airlock.get(uuid4())
    assert (reply.status_code, well_formed(reply)["type"]) == (404, "client_error")


def test_a_run_of_another_deployment_or_organization_is_404_whatever_the_key(airlock: Airlock) -> None:
    neighbour, stranger = Airlock(airlock.app, name="other"), Airlock(airlock.app, organization="globex")
    execution_id = completed(airlock)
    with airlock.parts.database.writing() as session:
        mine = find_deployment(session, "acme", "text")
        assert mine is not None
        wide = create_key(session, mine.organization)
    unknown = airlock.get(uuid4())
    for other, key in ((neighbour, neighbour.key), (neighbour, wide), (stranger, stranger.key)):
        other.key = key
        reply = other.get(execution_id)
        assert (reply.status_code, reply.data) == (404, unknown.data), "as if there were none"
    airlock.key = wide
    assert airlock.get(execution_id).status_code == 200


@pytest.mark.parametrize("in_flight", [1, 32])
def test_a_file_of_a_wrong_type_fails_alone(new_app: NewApp, database_url: str, redis_url: str, in_flight: int) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, files_in_flight=in_flight))
    code, body = told(airlock, completed(airlock, ("a.png", PNG), HELLO, ("b.png", PNG)))
    assert (code, body["status"]) == (200, "COMPLETED")
    assert [item["status"] for item in body["message"]] == ["Failed", "Success", "Failed"]
    assert [bool(item["error"]) for item in body["message"]] == [True, False, True]


def test_a_result_that_somebody_deleted_is_said_to_be_missing(airlock: Airlock) -> None:
    execution_id = completed(airlock)
    airlock.parts.store.delete_prefix(f"{execution_id}/")
    code, body = told(airlock, execution_id)
    assert (code, body["message"][0]["status"], body["message"][0]["result"]) == (200, "Failed", None)
    assert "not in the storage any more" in body["message"][0]["error"]


def test_a_cleanup_takes_the_inputs_and_leaves_the_result(airlock: Airlock) -> None:
    execution_id = completed(airlock)
    first = told(airlock, execution_id)
    clean_up(airlock.parts, execution_id)
    assert (airlock.inputs(execution_id), told(airlock, execution_id)) == ([], first)


def test_a_failure_is_told_even_while_the_storage_is_away(
    new_app: NewApp, database_url: str, redis_url: str, own_s3: RcloneS3
) -> None:
    """One file of two succeeded, then the deadline came: its result cannot be read, the end can."""
    app = new_app(database_url=database_url, redis_url=redis_url, storage_url=own_s3.fresh_bucket())
    airlock = Airlock(app)
    execution_id = completed(airlock, HELLO, HELLO)
    airlock.swap(Execution, execution_id, status="ERROR", error="deadline_exceeded")
    assert told(airlock, execution_id)[1]["message"]
    own_s3.kill()
    code, body = told(airlock, execution_id)
    assert (code, body["status"], body["message"], body["error"]) == (422, "ERROR", None, "deadline_exceeded")
