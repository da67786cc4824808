"""`POST /v1/executions/{id}/rerun`: 202 with the new run, and a reason that says what to do where there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from deployment.clock import utcnow
from deployment.models import ApiKey, Execution
from storage import AccessDenied
from tests.airlock import HELLO, Airlock
from tests.deployment.api.v1.problems import problem, same_but_for_the_path
from tests.sabotage import BeforeCopy, raising, replace_parts
from tests.servers.tcp_proxy import TcpProxy

BAD = ("bad.bin", b"\x00\x01\x02")


@pytest.fixture
def keeping(app: Flask) -> Airlock:
    """A deployment that keeps its inputs."""
    return Airlock(app, keep_inputs=True)


def ended(airlock: Airlock, *files: tuple[str, bytes]) -> UUID:
    run = airlock.accept(files or [HELLO, BAD])
    airlock.work_here(run)
    return run


def rerun(airlock: Airlock, run: UUID, headers: dict[str, str] | None = None, **request: Any) -> TestResponse:
    headers = {**airlock.headers, **(headers or {})}
    return airlock.client.post(f"/v1/executions/{run}/rerun", headers=headers, **request)


def refusal(reply: TestResponse, code: int) -> str:
    """The one reason of a refusal."""
    (error,) = problem(reply, code)["errors"]
    return str(error["detail"])


def follow(airlock: Airlock, link: str) -> TestResponse:
    return airlock.client.get(link, headers=airlock.headers)


def names_of(airlock: Airlock, run: str) -> list[str]:
    return [file.name for file in airlock.run(UUID(run)).files]


def test_it_tells_the_new_run_and_where_to_look(keeping: Airlock) -> None:
    first = ended(keeping)
    reply = rerun(keeping, first, json={"files": "all"})
    told = reply.get_json()
    assert (reply.status_code, told["status"], told["rerun_of"], told["error"]) == (202, "QUEUED", str(first), None)
    assert reply.headers["Location"] == told["links"]["self"] == f"/v1/executions/{told['id']}"
    assert names_of(keeping, told["id"]) == ["hello.txt", "bad.bin"]
    keeping.work_here(UUID(told["id"]))
    found = {name: follow(keeping, told["links"][name]) for name in ("self", "results", "files", "logs")}
    assert {name: reply.status_code for name, reply in found.items()} == dict.fromkeys(found, 200)
    assert [len(found[name].get_json()[name]) for name in ("results", "files")] == [2, 2]
    assert found["self"].get_json()["rerun_of"] == str(first)
    with follow(keeping, told["links"]["events"]) as stream:
        assert stream.mimetype == "text/event-stream"


def test_its_link_to_stop_it_stops_it(keeping: Airlock) -> None:
    told = rerun(keeping, ended(keeping)).get_json()
    assert keeping.client.post(told["links"]["stop"], headers=keeping.headers).status_code == 202
    assert keeping.run(UUID(told["id"])).status == "STOPPED"


@pytest.mark.parametrize("request_", [{}, {"json": {}}, {"data": b'{"files": "all"}'}], ids=["none", "empty", "bare"])
def test_all_files_are_meant_unless_it_says_otherwise(keeping: Airlock, request_: dict[str, Any]) -> None:
    told = rerun(keeping, ended(keeping), **request_).get_json()
    assert names_of(keeping, told["id"]) == ["hello.txt", "bad.bin"]


def test_only_the_failed_files(keeping: Airlock) -> None:
    told = rerun(keeping, ended(keeping), json={"files": "failed"}).get_json()
    assert names_of(keeping, told["id"]) == ["bad.bin"]


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"files": "some"}},
        {"json": {"files": None}},
        {"json": {"files": ["all"]}},
        {"json": []},
        {"data": b"{"},
        {"data": b"[" * 100_000},
    ],
)
def test_a_body_that_makes_no_sense_is_refused(keeping: Airlock, request_: dict[str, Any]) -> None:
    assert problem(rerun(keeping, ended(keeping), **request_), 400)["code"] == "invalid"
    assert len(keeping.rows()) == 1


def test_a_body_that_is_too_large_is_refused(keeping: Airlock) -> None:
    assert rerun(keeping, ended(keeping), data=bytes(2 * 1024 * 1024)).status_code == 413


def test_an_unknown_run_and_another_organisations_look_the_same(keeping: Airlock) -> None:
    other = Airlock(keeping.app, organization="other", keep_inputs=True)
    replies = [rerun(keeping, ended(other)), rerun(keeping, uuid4())]
    assert [reply.status_code for reply in replies] == [404, 404]
    assert same_but_for_the_path(*replies)
    assert len(keeping.rows()) == 1


def test_without_a_key_nothing_is_run_again(keeping: Airlock) -> None:
    first = ended(keeping)
    assert keeping.client.post(f"/v1/executions/{first}/rerun").status_code == 401
    assert len(keeping.rows()) == 1


def test_inputs_that_are_not_kept_are_a_conflict_that_says_what_to_do(airlock: Airlock) -> None:
    assert "KEEP_INPUTS=true" in refusal(rerun(airlock, ended(airlock)), 409)


def test_a_live_run_is_a_conflict(keeping: Airlock) -> None:
    assert "is QUEUED" in refusal(rerun(keeping, keeping.accept()), 409)


def test_without_a_failed_file_it_is_a_conflict(keeping: Airlock) -> None:
    assert "has failed" in refusal(rerun(keeping, ended(keeping, HELLO), json={"files": "failed"}), 409)


def test_without_a_free_slot_it_may_come_again_and_it_counts_for_the_key_that_asks(keeping: Airlock) -> None:
    first = ended(keeping)
    with keeping.parts.database.writing() as session:
        session.execute(sa.update(ApiKey).values(concurrency=1))
    assert rerun(keeping, first).status_code == 202
    refused = rerun(keeping, first)
    assert "1 of 1 executions of this API key" in refusal(refused, 429)
    assert refused.headers["Retry-After"]


def test_a_copy_that_fails_is_told_with_the_failed_run(keeping: Airlock) -> None:
    first = ended(keeping)
    denied = AccessDenied("copy", "it")
    replace_parts(keeping.app, store=BeforeCopy(keeping.parts.store, raising(denied)))
    reply = rerun(keeping, first)
    told = problem(reply, 422, "not_dispatched")
    assert "cannot copy it" in told["detail"]
    assert keeping.run(UUID(told["execution_id"])).error == told["detail"]
    assert keeping.inputs(UUID(told["execution_id"])) == []


def test_a5_nothing_is_promised_while_nobody_knows_whether_it_was_sealed(
    new_app: Callable[..., Flask], postgres_proxy: TcpProxy, redis_url: str
) -> None:
    keeping = Airlock(new_app(database_url=postgres_proxy.url, redis_url=redis_url), keep_inputs=True)
    first = ended(keeping, HELLO)

    def take_the_database_away() -> None:
        postgres_proxy.refuse()
        postgres_proxy.cut()

    replace_parts(keeping.app, store=BeforeCopy(keeping.parts.store, take_the_database_away))
    reply = rerun(keeping, first)
    postgres_proxy.accept()
    told = problem(reply, 422, "undecided")
    assert follow(keeping, f"/v1/executions/{told['execution_id']}").status_code == 200


def test_a_request_that_is_sent_again_finds_its_run_and_another_key_makes_another(keeping: Airlock) -> None:
    first = ended(keeping)
    replies = [rerun(keeping, first, {"Idempotency-Key": key}) for key in ("one", "one", "two")]
    assert [reply.status_code for reply in replies] == [202, 202, 202]
    ids = [reply.get_json()["id"] for reply in replies]
    assert ids[0] == ids[1] != ids[2]
    assert [reply.headers.get("Idempotent-Replayed") for reply in replies] == [None, "true", None]
    assert refusal(rerun(keeping, first, {"Idempotency-Key": "one"}, json={"files": "failed"}), 422)


def test_a_request_that_is_sent_again_finds_its_run_when_there_can_be_no_other_any_more(keeping: Airlock) -> None:
    first = ended(keeping)
    made = rerun(keeping, first, {"Idempotency-Key": "one"})
    keeping.swap(Execution, first, expires_at=utcnow())
    assert "expired" in refusal(rerun(keeping, first), 409)
    again = rerun(keeping, first, {"Idempotency-Key": "one"})
    assert (again.status_code, again.get_json()["id"]) == (202, made.get_json()["id"])
    assert again.headers["Idempotent-Replayed"] == "true"
