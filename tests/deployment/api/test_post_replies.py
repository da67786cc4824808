"""What a POST answers, case by case."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from deployment.models import Execution
from deployment.stop import stop
from tests.airlock import HELLO, Airlock
from tests.deployment.api.wire import sealed
from tests.servers.valkey import Valkey

NewApp = Callable[..., Flask]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
def caller() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as thread:
        yield thread


def message(reply: TestResponse) -> dict[str, Any]:
    """The one object of every reply; its id and its path are looked at here."""
    told: dict[str, Any] = reply.get_json()["message"]
    assert set(reply.get_json()) == {"message"}
    assert set(told) - {"progress"} == {"execution_id", "execution_status", "status_api", "error", "result"}
    assert told["status_api"] == f"/deployment/api/acme/text/?execution_id={UUID(told['execution_id'])}"
    return told


def request(airlock: Airlock, **fields: str) -> dict[str, Any]:
    data = {**fields, "files": (io.BytesIO(HELLO[1]), HELLO[0])}
    return {"path": airlock.path, "data": data, "headers": airlock.headers}


def waiting(airlock: Airlock, caller: ThreadPoolExecutor, **fields: Any) -> tuple[UUID, Future[TestResponse]]:
    """A POST that waits in a thread, and the run that it waits for."""
    future = caller.submit(airlock.post, timeout="30", **fields)
    return sealed(airlock).id, future


@pytest.mark.parametrize("timeout", [{}, {"timeout": "0"}, {"timeout": "-1"}])
def test_accepted_is_told_at_once(airlock: Airlock, timeout: dict[str, Any]) -> None:
    reply = airlock.post(**timeout)
    told = message(reply)
    assert (reply.status_code, told["execution_status"], told["error"], told["result"]) == (200, "PENDING", None, None)
    assert airlock.client.get(told["status_api"], headers=airlock.headers).get_json()["status"] == "PENDING"


def test_who_has_waited_in_vain_is_told_how_the_run_stands(airlock: Airlock) -> None:
    with ThreadPoolExecutor(2) as callers:
        in_vain = [callers.submit(airlock.app.test_client().post, **request(airlock, timeout="1")) for _ in range(2)]
        airlock.swap(Execution, sealed(airlock, after=1).id, status="EXECUTING")
        told = [message(future.result()) for future in in_vain]
    assert {each["execution_status"] for each in told} == {"PENDING", "EXECUTING"}
    assert [(each["result"], each["error"]) for each in told] == [(None, None)] * 2


def test_who_has_waited_gets_the_items(airlock: Airlock, caller: ThreadPoolExecutor) -> None:
    execution_id, future = waiting(airlock, caller, include_metadata="true")
    airlock.work_here(execution_id)
    reply = future.result()
    told = message(reply)
    assert (reply.status_code, told["execution_status"], told["error"]) == (200, "COMPLETED", None)
    assert told["result"] == airlock.get(execution_id, include_metadata="true").get_json()["message"]


def test_who_has_waited_for_a_failure_gets_the_reason_and_the_items(
    airlock: Airlock, caller: ThreadPoolExecutor
) -> None:
    execution_id, future = waiting(airlock, caller, files=[("a.png", PNG)])
    airlock.work_here(execution_id)
    reply = future.result()
    told = message(reply)
    assert (reply.status_code, told["execution_status"]) == (422, "ERROR")
    assert "image/png" in told["error"]
    assert [(item["file"], item["status"], item["error"]) for item in told["result"]] == [
        ("a.png", "Failed", told["error"])
    ]


def test_who_has_waited_for_a_run_that_is_stopped_is_told_so(airlock: Airlock, caller: ThreadPoolExecutor) -> None:
    execution_id, future = waiting(airlock, caller)
    stop(airlock.parts, execution_id, by="an operator")
    reply = future.result()
    told = message(reply)
    assert (reply.status_code, told["execution_status"], told["result"]) == (422, "STOPPED", None)
    assert "stopped" in told["error"]


def test_a_step_that_fails_before_the_dispatch_is_told_with_its_reason(
    new_app: NewApp, database_url: str, own_valkey: Valkey
) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=own_valkey.url))
    own_valkey.stop()
    reply = airlock.post()
    told = message(reply)
    assert (reply.status_code, told["execution_status"], told["result"]) == (422, "ERROR", None)
    assert "Connection" in told["error"]
    (run,) = airlock.rows()
    assert (run.status, run.error, airlock.inputs(run.id)) == ("ERROR", told["error"], [])
    got = airlock.get(run.id)
    body = got.get_json()
    assert (got.status_code, body["status"], body["message"]) == (422, "ERROR", None)
    assert body["error"] == told["error"]
    assert told["error"] in "\n".join(airlock.log(run.id))


def test_a_result_in_a_post_reply_is_no_read(app: Flask, caller: ThreadPoolExecutor) -> None:
    airlock = Airlock(app, single_use=True)
    execution_id, future = waiting(airlock, caller)
    airlock.work_here(execution_id)
    assert message(future.result())["result"]
    assert [airlock.get(execution_id).status_code for _ in range(2)] == [200, 406]


@pytest.mark.parametrize(("trusted", "prefix"), [(1, "/airlock"), (0, "")])
def test_behind_a_trusted_proxy_the_path_has_its_prefix(
    new_app: NewApp, sqlite_url: str, redis_url: str, trusted: int, prefix: str
) -> None:
    airlock = Airlock(new_app(database_url=sqlite_url, redis_url=redis_url, trusted_proxies=trusted))
    airlock.client.environ_base.update({"HTTP_X_FORWARDED_PREFIX": "/airlock", "HTTP_X_FORWARDED_FOR": "192.0.2.1"})
    told = airlock.post([HELLO]).get_json()["message"]
    assert told["status_api"].startswith(f"{prefix}/deployment/api/acme/text/?execution_id=")
