"""A storage that hangs is given up in time; one that is merely slow is not."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from storage import ObjectStore, Unavailable, open_store
from storage.s3_http import SLOWEST_BYTES_PER_SECOND
from tests.servers.rclone import RcloneS3
from tests.servers.s3_proxy import S3Proxy

MIB = 1024 * 1024
KEY = "run/in/0"

CALLS: dict[str, Callable[[ObjectStore], object]] = {
    "write": lambda store: store.put(KEY, io.BytesIO(bytes(MIB))),
    "write parts": lambda store: store.put(KEY, io.BytesIO(bytes(9 * MIB))),
    "read": lambda store: store.open(KEY).read(),
    "copy": lambda store: store.copy(KEY, "run/in/1"),
    "list": lambda store: list(store.keys("run/in/")),
    "delete": lambda store: store.delete_prefix("run/in/"),
}


@contextmanager
def within(seconds: float) -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < seconds


@pytest.mark.parametrize("operation", CALLS)
def test_a2_a_server_that_takes_the_request_and_never_answers_is_given_up(s3_faults: S3Proxy, operation: str) -> None:
    s3_faults.hang()
    store = open_store(s3_faults.url, read_seconds=0.3)
    with within(2), pytest.raises(Unavailable, match=rf"cannot {operation.split()[0]} run/in/.*timed out"):
        CALLS[operation](store)


@pytest.mark.parametrize("operation", CALLS)
def test_a2_a_server_that_accepts_and_reads_nothing_is_given_up(own_s3: RcloneS3, operation: str) -> None:
    url = own_s3.fresh_bucket()
    own_s3.pause()
    store = open_store(url, connect_seconds=0.3, read_seconds=0.3)
    with within(2), pytest.raises(Unavailable, match="timed out"):
        CALLS[operation](store)


def test_a2_a_host_that_does_not_answer_at_all_is_given_up() -> None:
    store = open_store("s3://key:secret@192.0.2.1:9000/bucket", connect_seconds=0.3)
    with within(2), pytest.raises(Unavailable):
        CALLS["write"](store)


def test_a_body_may_take_longer_than_a_connection(s3_faults: S3Proxy) -> None:
    s3_faults.slow("PUT", pause=0.01)
    store = open_store(s3_faults.url, connect_seconds=0.2, read_seconds=5)
    start = time.monotonic()
    store.put(KEY, io.BytesIO(bytes(8 * MIB)))
    assert time.monotonic() - start > 1
    with store.open(KEY) as source:
        assert len(source.read()) == 8 * MIB


def test_a2_a_body_that_is_taken_drop_by_drop_is_given_up(s3_faults: S3Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.s3_http.SLOWEST_BYTES_PER_SECOND", 1000 * SLOWEST_BYTES_PER_SECOND)
    s3_faults.slow("PUT", pause=0.1)
    store = open_store(s3_faults.url, read_seconds=0.5)
    with within(5), pytest.raises(Unavailable, match=r"too slowly|timed out"):
        store.put(KEY, io.BytesIO(bytes(8 * MIB)))
