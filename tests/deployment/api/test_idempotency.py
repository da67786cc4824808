"""Idempotency-Key: however often a request is repeated, and whatever is lost on the way, there is one run."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from freezegun import freeze_time
from werkzeug.test import TestResponse

from deployment.clock import utcnow
from deployment.issuing import create_key
from deployment.models import Organization
from deployment.reconcile import reconcile
from tests.airlock import HELLO, Airlock, File
from tests.deployment.api.wire import breaches, left, well_formed
from tests.deployment.fetching import fetched, fetching
from tests.processes import Process
from tests.sabotage import AroundEnqueue, BeforePut, raising, replace_parts
from tests.servers.file_server import FileServer

NewApp = Callable[..., Flask]
KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"


def post(
    airlock: Airlock, files: Sequence[File] = (HELLO,), key: str = KEY, bearer: str | None = None, **fields: Any
) -> TestResponse:
    """POST with an Idempotency-Key, from a client of its own."""
    headers = {"Authorization": f"Bearer {bearer or airlock.key}", "Idempotency-Key": key}
    data = {**fields, "files": [(io.BytesIO(content), name) for name, content in files]}
    return airlock.app.test_client().post(airlock.path, data=data, headers=headers)


def told(reply: TestResponse) -> dict[str, Any]:
    assert reply.status_code in (200, 422), reply.text
    message: dict[str, Any] = reply.get_json()["message"]
    return message


def test_a11_a_repeated_request_is_answered_with_the_run_that_there_is(airlock: Airlock) -> None:
    first, second = post(airlock), post(airlock)
    assert told(first) == told(second)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(airlock.rows()) == len(airlock.tickets()) == 1


def test_a_repeated_request_that_waits_gets_the_result(airlock: Airlock) -> None:
    airlock.work_here(UUID(told(post(airlock))["execution_id"]))
    again = post(airlock, timeout="1")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert told(again)["result"][0]["status"] == "Success"


def test_how_it_wants_to_be_answered_is_no_part_of_a_request(airlock: Airlock) -> None:
    post(airlock)
    again = post(airlock, timeout="0", include_metadata="true", include_extracted_text="true")
    assert (again.status_code, len(airlock.rows())) == (200, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"files": [("hello.txt", b"Hello, World.")]},
        {"files": [("other.txt", HELLO[1])]},
        {"files": [HELLO, HELLO]},
        {"tags": "urgent"},
        {"custom_data": '{"a": 1}'},
        {"use_file_history": "true"},
    ],
)
def test_another_request_under_the_same_key_is_refused_and_leaves_nothing(
    airlock: Airlock, other: dict[str, Any]
) -> None:
    post(airlock)
    before = left(airlock)
    reply = post(airlock, **other)
    assert reply.status_code == 422
    (error,) = well_formed(reply)["errors"]
    assert (error["code"], "Choose a new key" in error["detail"]) == ("idempotency_key_reused", True)
    assert len(left(airlock)) == len(before)


def test_a_url_counts_with_its_query(new_app: NewApp, file_server: FileServer, sqlite_url: str, redis_url: str) -> None:
    """Two versions of one object differ in nothing else."""
    airlock = fetching(new_app, file_server, sqlite_url, redis_url)
    url = file_server.answer("/a.txt", 200, b"Hello, world.")
    airlock.client.environ_base["HTTP_IDEMPOTENCY_KEY"] = KEY
    assert fetched(airlock, url) == fetched(airlock, url)
    reply = airlock.client.post(airlock.path, json={"presigned_urls": [f"{url}&versionId=2"]}, headers=airlock.headers)
    assert reply.status_code == 422
    assert well_formed(reply)["errors"][0]["code"] == "idempotency_key_reused"


def test_a_key_is_of_one_api_key(airlock: Airlock) -> None:
    with airlock.parts.database.writing() as session:
        other = create_key(session, session.scalars(sa.select(Organization)).one())
    assert told(post(airlock))["execution_id"] != told(post(airlock, bearer=other))["execution_id"]


def test_a11_of_many_at_once_one_makes_the_run(airlock: Airlock) -> None:
    """The others hear of it, or that it is being made."""
    with ThreadPoolExecutor(10) as callers:
        replies = list(callers.map(lambda _: post(airlock), range(30)))
    assert {reply.status_code for reply in replies} <= {200, 409}
    assert len({told(reply)["execution_id"] for reply in replies if reply.status_code == 200}) == 1
    assert sum("Idempotent-Replayed" not in reply.headers for reply in replies if reply.status_code == 200) == 1
    assert len(airlock.rows()) == len(airlock.tickets()) == 1


def test_while_the_first_one_stages_the_second_is_told_to_come_again(airlock: Airlock) -> None:
    replies: list[TestResponse] = []
    store = BeforePut(airlock.parts.store, lambda: replies.append(post(airlock)))
    replace_parts(airlock.app, store=store)
    assert post(airlock).status_code == 200
    (second,) = replies
    assert (second.status_code, second.headers["Retry-After"]) == (409, "1")
    assert well_formed(second)["errors"][0]["code"] == "idempotency_key_in_use"
    assert len(airlock.rows()) == 1


def test_a_run_that_ended_before_its_seal_gives_its_key_back(airlock: Airlock) -> None:
    replace_parts(airlock.app, store=BeforePut(airlock.parts.store, raising(OSError("403"))))
    failed = told(post(airlock))
    assert failed["execution_status"] == "ERROR"
    again = told(post(airlock))
    assert (again["execution_status"], again["execution_id"] != failed["execution_id"]) == ("PENDING", True)


def test_a_run_that_failed_after_its_seal_keeps_it(airlock: Airlock) -> None:
    """Nothing is run twice; the repeated request is told of the failure."""
    dispatcher = airlock.parts.dispatcher
    replace_parts(airlock.app, dispatcher=AroundEnqueue(dispatcher, before=raising(OSError("the queue is down"))))
    first = told(post(airlock))
    replace_parts(airlock.app, dispatcher=dispatcher)
    second = told(post(airlock))
    assert first["execution_status"] == second["execution_status"] == "ERROR"
    assert first["execution_id"] == second["execution_id"]


def test_a11_a_key_whose_request_died_is_free_when_its_lease_is_over(airlock: Airlock) -> None:
    """The client's own retry then makes a new run, which finds the old one abandoned."""
    _die_while_staging(airlock)
    (dead,) = airlock.rows()
    assert (dead.status, post(airlock).status_code) == ("PENDING", 409)
    with freeze_time(utcnow() + timedelta(seconds=60)):
        again = told(post(airlock))
    assert (again["execution_status"], again["execution_id"] != str(dead.id)) == ("PENDING", True)
    assert "abandoned_before_dispatch" in (airlock.run(dead.id).error or "")


def test_a_key_is_free_after_a_day(airlock: Airlock) -> None:
    first = told(post(airlock))["execution_id"]
    with freeze_time(utcnow() + timedelta(hours=23, minutes=59)):
        assert told(post(airlock))["execution_id"] == first
    with freeze_time(utcnow() + timedelta(hours=24, minutes=1)):
        reconcile(airlock.parts)
        assert told(post(airlock))["execution_id"] != first


def test_a_repeated_request_whose_result_has_expired_is_told_so(
    new_app: NewApp, database_url: str, redis_url: str
) -> None:
    """Not that it failed; and its key is kept for a day, however short the history is."""
    settings = {"result_ttl": 60, "history_ttl": 0, "cleanup_grace": 1}
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, **settings))
    execution_id = UUID(told(post(airlock))["execution_id"])
    airlock.work_here(execution_id)
    with freeze_time(utcnow() + timedelta(hours=23)):
        for _ in range(3):
            reconcile(airlock.parts)
        again = post(airlock)
        assert (again.status_code, len(airlock.rows())) == (410, 1)
        assert "The result expired at" in again.get_json()["message"]["error"]
        assert airlock.get(execution_id).status_code == 410
    with freeze_time(utcnow() + timedelta(hours=25)):
        reconcile(airlock.parts)
    assert airlock.rows() == []


def test_a_repeated_request_needs_no_slot(new_app: NewApp, database_url: str, redis_url: str) -> None:
    """Else a client whose reply was lost would be kept out by its own run."""
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, org_concurrency=1))
    first, second = post(airlock), post(airlock)
    assert told(first)["execution_id"] == told(second)["execution_id"]
    assert post(airlock, key="another").status_code == 429


def test_quotes_are_those_of_the_draft_and_may_be_left_out(airlock: Airlock) -> None:
    ids = {told(post(airlock, key=key))["execution_id"] for key in ("abc", '"abc"', ' "abc" ')}
    ids |= {told(post(airlock, key=r'"\"abc\""'))["execution_id"]}
    assert len(ids) == 2


@pytest.mark.parametrize("key", ["", '""', " ", "a" * 256, "clé"])
def test_a_key_that_is_none_is_refused(airlock: Airlock, key: str) -> None:
    assert breaches(post(airlock, key=key)) == {("Idempotency-Key", "invalid")}
    assert left(airlock) == []


def _die_while_staging(airlock: Airlock) -> None:
    store = airlock.parts.store
    replace_parts(airlock.app, store=BeforePut(store, lambda: os.kill(os.getpid(), signal.SIGKILL)))
    airlock.parts.database.dispose()
    with Process(lambda: post(airlock)) as web:
        assert web.end() == -signal.SIGKILL
    replace_parts(airlock.app, store=store)
