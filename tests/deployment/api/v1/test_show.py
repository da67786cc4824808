"""Looking at a run: its progress on the wire, and the whole of it through the native API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from deployment import lifecycle
from deployment.dispatch import Ticket
from deployment.stop import stop
from tests.airlock import HELLO, Airlock
from tests.deployment.api.v1.problems import same_but_for_the_path
from tests.deployment.api.wire import sealed

PNG = ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(40))
NONE = {"waiting": 0, "queued": 0, "executing": 0, "successful": 0, "failed": 0, "stopped": 0}


def progress(airlock: Airlock, execution_id: UUID) -> dict[str, int]:
    told: dict[str, int] = airlock.get(execution_id).get_json()["progress"]
    return told


def look(airlock: Airlock, execution_id: UUID, **headers: str) -> TestResponse:
    return airlock.client.get(f"/v1/executions/{execution_id}", headers=headers or airlock.headers)


def claim_first(airlock: Airlock, execution_id: UUID) -> None:
    """A worker holds the first file."""
    ticket = Ticket(execution_id, airlock.run(execution_id).files[0].id, 1, 1)
    with airlock.parts.database.writing() as session:
        assert lifecycle.claim(session, ticket, "here", airlock.parts.policy)


def test_a_run_that_goes_on_tells_where_its_files_are(airlock: Airlock) -> None:
    execution_id = airlock.accept([HELLO] * 5)
    assert progress(airlock, execution_id) == {**NONE, "total": 5, "queued": 2, "waiting": 3}
    claim_first(airlock, execution_id)
    assert progress(airlock, execution_id) == {**NONE, "total": 5, "executing": 1, "queued": 1, "waiting": 3}
    stop(airlock.parts, execution_id, by="test")
    assert progress(airlock, execution_id) == {**NONE, "total": 5, "stopped": 5}


@pytest.mark.parametrize(
    ("files", "counts"),
    [
        ([HELLO, PNG, HELLO], {"total": 3, "successful": 2, "failed": 1}),
        ([PNG, PNG], {"total": 2, "failed": 2}),
    ],
)
def test_the_counts_of_an_ended_run_add_up_also_for_who_has_waited(
    airlock: Airlock, files: list[Any], counts: dict[str, int]
) -> None:
    with ThreadPoolExecutor(1) as callers:
        waiting = callers.submit(airlock.post, files, timeout="30")
        execution_id = sealed(airlock).id
        airlock.work_here(execution_id)
        told = waiting.result().get_json()["message"]
    assert told["progress"] == progress(airlock, execution_id) == {**NONE, **counts}


def test_the_whole_of_a_run_is_shown(airlock: Airlock) -> None:
    execution_id = airlock.accept([HELLO, PNG])
    body = look(airlock, execution_id).get_json()
    assert (body["id"], body["status"], body["error"]) == (str(execution_id), "QUEUED", None)
    assert (body["started_at"], body["ended_at"]) == (None, None)
    airlock.work_here(execution_id)
    reply = look(airlock, execution_id)
    body = reply.get_json()
    assert (reply.status_code, body["status"]) == (200, "COMPLETED")
    assert body["progress"] == progress(airlock, execution_id)
    instants = [body[name] for name in ("created_at", "sealed_at", "started_at", "ended_at", "expires_at")]
    assert instants == sorted(instants)
    assert all(datetime.fromisoformat(at).utcoffset() is not None for at in instants)
    run = airlock.run(execution_id)
    shown = [{name: file[name] for name in ("id", "ordinal", "name", "status", "attempt")} for file in body["files"]]
    assert shown == [
        {"id": str(run.files[0].id), "ordinal": 0, "name": "hello.txt", "status": "SUCCESS", "attempt": 1},
        {"id": str(run.files[1].id), "ordinal": 1, "name": "a.png", "status": "FAILED", "attempt": 1},
    ]
    assert "image/png" in body["files"][1]["error"]
    assert all(file["started_at"] <= file["ended_at"] for file in body["files"])


def test_a_run_of_others_looks_as_if_there_were_none(app: Flask) -> None:
    airlock, other = Airlock(app), Airlock(app, organization="other")
    theirs = other.accept()
    for path in ("", "/events"):
        replies = [
            airlock.client.get(f"/v1/executions/{run}{path}", headers=airlock.headers) for run in (theirs, uuid4())
        ]
        assert [reply.status_code for reply in replies] == [404, 404]
        assert same_but_for_the_path(*replies)
        for headers in ({}, {"Authorization": "Bearer nonsense"}):
            assert airlock.client.get(f"/v1/executions/{theirs}{path}", headers=headers).status_code == 401
    assert look(airlock, theirs, **other.headers).status_code == 200
