"""A single-use deployment shows a result once; only a read of a COMPLETED run counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from flask import Flask

from deployment.attempt import Attempt
from deployment.results import read_result
from tests.airlock import HELLO, Airlock
from tests.eventually import eventually
from tests.servers.rclone import RcloneS3

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
def once(app: Flask) -> Airlock:
    return Airlock(app, single_use=True)


def completed(once: Airlock) -> UUID:
    execution_id = once.accept()
    once.work_here(execution_id)
    return execution_id


def test_the_first_read_has_the_result_and_every_later_one_is_406(once: Airlock) -> None:
    execution_id = completed(once)
    assert once.get(execution_id).get_json()["message"][0]["status"] == "Success"
    for _ in range(2):
        reply = once.get(execution_id)
        expected = {"status": "COMPLETED", "message": "Result already acknowledged"}
        assert (reply.status_code, reply.get_json()) == (406, expected)


def test_of_two_first_reads_at_once_exactly_one_gets_it(once: Airlock) -> None:
    execution_id = completed(once)
    with ThreadPoolExecutor(8) as readers:
        codes = list(
            readers.map(
                lambda _: (
                    once.app.test_client()
                    .get(once.path, query_string={"execution_id": str(execution_id)}, headers=once.headers)
                    .status_code
                ),
                range(8),
            )
        )
    assert Counter(codes) == {200: 1, 406: 7}


def test_the_result_is_stored_until_it_expires_all_the_same(once: Airlock) -> None:
    execution_id = completed(once)
    once.get(execution_id)
    (file,) = once.run(execution_id).files
    assert read_result(once.parts.store, Attempt(execution_id, file.id, file.attempt))["output"]


def test_looking_at_a_run_that_goes_on_is_no_read(once: Airlock) -> None:
    execution_id = once.accept()
    assert [once.get(execution_id).status_code for _ in range(2)] == [422, 422]
    once.work_here(execution_id)
    assert once.get(execution_id).status_code == 200


def test_an_error_is_never_acknowledged(once: Airlock) -> None:
    execution_id = once.accept([("a.png", PNG)])
    once.work_here(execution_id)
    assert [once.get(execution_id).status_code for _ in range(3)] == [422] * 3


def test_head_shows_no_result_and_uses_none_up(once: Airlock) -> None:
    execution_id = completed(once)
    for _ in range(2):
        head = once.client.head(once.path, query_string={"execution_id": str(execution_id)}, headers=once.headers)
        assert (head.status_code, head.data) == (200, b"")
    assert once.get(execution_id).status_code == 200


def test_a_read_that_fails_uses_nothing_up(
    new_app: Callable[..., Flask], database_url: str, redis_url: str, own_s3: RcloneS3
) -> None:
    app = new_app(database_url=database_url, redis_url=redis_url, storage_url=own_s3.fresh_bucket())
    once = Airlock(app, single_use=True)
    execution_id = completed(once)
    own_s3.kill()
    reply = once.get(execution_id)
    assert (reply.status_code, "Retry-After" in reply.headers) == (503, True)
    own_s3.start()
    assert eventually(lambda: once.get(execution_id).status_code == 200)


def test_a_deployment_that_is_not_single_use_never_says_406(airlock: Airlock) -> None:
    execution_id = airlock.accept([HELLO])
    airlock.work_here(execution_id)
    assert [airlock.get(execution_id).status_code for _ in range(3)] == [200] * 3
