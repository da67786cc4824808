"""The S3 of the tests checks who asks, and its proxy does exactly what it was told, and nothing else."""

from __future__ import annotations

import http.client

import pytest
from freezegun import freeze_time
from minio import Minio
from minio.error import InvalidResponseError

from tests.eventually import eventually
from tests.servers.rclone import KEY, SECRET, RcloneS3
from tests.servers.s3_proxy import S3Proxy

UNSIGNED = 400
"""What the server behind answers to a request that nobody has signed."""


def through(proxy: S3Proxy) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=5)


def ask(proxy: S3Proxy, method: str = "GET", target: str = "/", body: bytes = b"") -> tuple[int, bytes]:
    """Status and body of an unsigned request on a connection of its own."""
    connection = through(proxy)
    try:
        connection.request(method, target, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_s3_refuses_whoever_has_the_wrong_secret(s3: RcloneS3) -> None:
    assert s3.client().list_buckets() is not None
    with pytest.raises(InvalidResponseError, match="SignatureDoesNotMatch"):
        Minio(s3.endpoint, KEY, SECRET + "x", secure=False, region="us-east-1").list_buckets()


def test_s3_refuses_whoever_does_not_sign(s3_faults: S3Proxy) -> None:
    assert ask(s3_faults)[0] == UNSIGNED


def test_signatures_hold_through_the_proxy(s3: RcloneS3, s3_faults: S3Proxy) -> None:
    client = Minio(f"127.0.0.1:{s3_faults.port}", KEY, SECRET, secure=False, region="us-east-1")
    assert {bucket.name for bucket in client.list_buckets()} == {bucket.name for bucket in s3.client().list_buckets()}
    assert s3_faults.count("GET") == s3_faults.count() == 1


def test_each_bucket_is_new(s3: RcloneS3) -> None:
    assert s3.fresh_bucket() != s3.fresh_bucket()


def test_killed_and_started_again_it_has_what_was_stored(own_s3: RcloneS3) -> None:
    url = own_s3.fresh_bucket()
    own_s3.kill()
    own_s3.start()
    assert [own_s3.url(bucket.name) for bucket in own_s3.client().list_buckets()] == [url]


def test_a_fault_befalls_what_its_pattern_says(s3_faults: S3Proxy) -> None:
    fault = s3_faults.answer(418, "PUT /in/", "POST ?delete")
    statuses = [
        ask(s3_faults, method, target)[0]
        for method, target in [("PUT", "/b/run/in/0"), ("PUT", "/b/run/out/0"), ("POST", "/b?delete="), ("GET", "/in/")]
    ]
    assert statuses == [418, UNSIGNED, 418, UNSIGNED]
    assert (fault.met, s3_faults.count("PUT"), s3_faults.count()) == (2, 2, 4)


def test_only_the_nth_request_meets_the_fault(s3_faults: S3Proxy) -> None:
    s3_faults.answer(418, "PUT", nth=2)
    assert [ask(s3_faults, "PUT", "/b/k")[0] for _ in range(3)] == [UNSIGNED, 418, UNSIGNED]


def test_the_later_fault_goes_first_and_allow_ends_all(s3_faults: S3Proxy) -> None:
    s3_faults.answer(418)
    s3_faults.answer(503, nth=1)
    assert [ask(s3_faults)[0] for _ in range(2)] == [503, 418]
    s3_faults.allow()
    assert ask(s3_faults)[0] == UNSIGNED


def test_a_denial_is_s3s_own(s3_faults: S3Proxy) -> None:
    s3_faults.deny("PUT")
    status, body = ask(s3_faults, "PUT", "/b/k", b"content")
    assert status == 403
    assert b"<Code>AccessDenied</Code>" in body


def test_a_reset_is_a_reset_and_a_lost_reply_too(s3_faults: S3Proxy) -> None:
    for fault in (s3_faults.reset, s3_faults.lose_reply):
        fault()
        with pytest.raises(ConnectionResetError):
            ask(s3_faults)


def test_a_cut_reply_announces_more_than_it_brings(s3_faults: S3Proxy) -> None:
    s3_faults.cut(after=5)
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        ask(s3_faults)


def test_what_hangs_is_let_go_by_allow(s3_faults: S3Proxy) -> None:
    s3_faults.hang()
    connection = through(s3_faults)
    connection.request("GET", "/")
    eventually(lambda: s3_faults.count() == 1)
    s3_faults.allow()
    with pytest.raises(ConnectionResetError):
        connection.getresponse()
    connection.close()
    assert ask(s3_faults)[0] == UNSIGNED


def test_a_frozen_clock_does_not_stop_it(s3_faults: S3Proxy) -> None:
    with freeze_time("2026-01-01"):
        assert ask(s3_faults)[0] == UNSIGNED
