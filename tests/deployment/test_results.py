"""Results: stored before the row says SUCCESS, never claimed without being there (fault B6, promise 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from flask import Flask

from deployment import lifecycle
from deployment.dispatch import Ticket
from deployment.execute import execute
from storage import Unavailable, names
from tests.airlock import Airlock
from tests.servers.s3_proxy import S3Proxy

NewApp = Callable[..., Flask]


def claimed(airlock: Airlock, run: UUID) -> Ticket:
    ticket = Ticket(run, airlock.stored(run).files[0].id, 1, 1)
    with airlock.parts.database.writing() as session:
        assert lifecycle.claim(session, ticket, "me", airlock.parts.policy)
    return ticket


def test_the_result_is_there_before_the_row_says_so(airlock: Airlock) -> None:
    run = airlock.accept()
    ticket, succeed = claimed(airlock, run), lifecycle.succeed
    keys: list[str] = []

    def look_first(*args: Any, **options: Any) -> Any:
        keys.extend(airlock.parts.store.keys(names.output_prefix(run, ticket.file_id, 1)))
        return succeed(*args, **options)

    with mock.patch("deployment.lifecycle.succeed", look_first):
        execute(airlock.parts, ticket, "me")
    assert keys == [names.result_key(run, ticket.file_id, 1)]
    assert airlock.stored(run).status == "COMPLETED"


@pytest.fixture
def on_s3(new_app: NewApp, sqlite_url: str, redis_url: str, s3_faults: S3Proxy) -> Airlock:
    return Airlock(new_app(database_url=sqlite_url, redis_url=redis_url, storage_url=s3_faults.url))


def test_b6_a_result_that_can_be_stored_at_the_second_try_is_no_failure(on_s3: Airlock) -> None:
    run = on_s3.accept()
    put, tries = on_s3.parts.store.put, []

    def put_at_the_second_try(key: str, source: Any) -> Any:
        tries.append(key)
        if len(tries) == 1:
            raise Unavailable("write", key)
        return put(key, source)

    ticket = claimed(on_s3, run)
    with mock.patch.object(on_s3.parts.store, "put", put_at_the_second_try):
        execute(on_s3.parts, ticket, "me")
    assert len(tries) == 2
    assert on_s3.get(run).get_json()["status"] == "COMPLETED"


def test_b6_a_result_that_cannot_be_stored_fails_the_file_with_the_reason(on_s3: Airlock, s3_faults: S3Proxy) -> None:
    run = on_s3.accept()
    s3_faults.deny("PUT")
    on_s3.work()
    ended = on_s3.stored(run)
    assert (ended.status, ended.files[0].status) == ("ERROR", "FAILED")
    assert str(ended.error).startswith("storage_failed: ")
    assert "AccessDenied" in str(ended.error)


def test_a_ticket_that_somebody_else_holds_is_not_worked_on(airlock: Airlock) -> None:
    run = airlock.accept()
    ticket = claimed(airlock, run)
    execute(airlock.parts, ticket, "another worker")
    execute(airlock.parts, Ticket(run, ticket.file_id, 2, 1), "me")
    assert airlock.stored(run).files[0].status == "EXECUTING"
    assert list(airlock.parts.store.keys(names.output_prefix(run, ticket.file_id, 1))) == []
