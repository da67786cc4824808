"""Every face of a failing S3 becomes a `StorageError` that says what was refused, on which key, and if to retry."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from storage import (
    AccessDenied,
    NotS3,
    ObjectStore,
    StorageError,
    StorageFull,
    Unavailable,
    open_store,
)
from tests.servers.process import free_port
from tests.servers.rclone import SECRET, SECRET_IN_URL, RcloneS3
from tests.servers.s3_proxy import S3Proxy

MIB = 1024 * 1024
KEY = "run/in/0"

Call = Callable[[ObjectStore], object]

CALLS: dict[str, Call] = {
    "write": lambda store: store.put(KEY, io.BytesIO(b"content")),
    "read": lambda store: store.open(KEY),
    "copy": lambda store: store.copy(KEY, "run/in/1"),
    "list": lambda store: list(store.keys("run/in/")),
    "delete": lambda store: store.delete_prefix("run/in/"),
}


@pytest.fixture
def faulty(s3_faults: S3Proxy) -> ObjectStore:
    """A store that holds one object and whose requests meet the faults."""
    open_store(s3_faults.target).put(KEY, io.BytesIO(b"content" * 10_000))
    return open_store(s3_faults.url)


def keys(proxy: S3Proxy) -> list[str]:
    return sorted(open_store(proxy.target).keys(""))


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("content_type", ["application/xml", "text/xml; charset=utf-8"])
def test_a1_a_refusal_names_the_operation_the_key_and_what_s3_said(
    faulty: ObjectStore, s3_faults: S3Proxy, operation: str, content_type: str
) -> None:
    s3_faults.answer(403, code="AccessDenied", content_type=content_type)
    with pytest.raises(AccessDenied, match=rf"cannot {operation} run/in/.*denies access.*AccessDenied: ") as raised:
        CALLS[operation](faulty)
    assert not raised.value.retryable


ANSWERS: list[tuple[int, str, bytes | None, str, type[StorageError]]] = [
    (503, "SlowDown", None, "application/xml", Unavailable),
    (500, "InternalError", None, "application/xml", Unavailable),
    (500, "SomethingNew", None, "application/xml", Unavailable),
    (400, "SomethingNew", None, "application/xml", StorageError),
    (507, "XMinioStorageFull", None, "application/xml", StorageFull),
    (403, "RequestTimeTooSkewed", None, "application/xml", AccessDenied),
    (502, "", b"<html>Bad Gateway</html>", "text/html", Unavailable),
    (503, "", b"", "text/plain", Unavailable),
    (429, "", b"slow down", "text/plain", Unavailable),
    (403, "", b"<html>Forbidden</html>", "text/html", AccessDenied),
    (404, "", b"<html>Not Found</html>", "text/html", NotS3),
    (302, "", b"", "text/html", NotS3),
    (502, "", b"\xff\xfe not text", "text/html", StorageError),
    (500, "", b"<Error><Code>cut in the mid", "application/xml", StorageError),
]


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(("status", "code", "body", "content_type", "kind"), ANSWERS)
def test_a2_whatever_is_answered_becomes_a_storage_error(
    faulty: ObjectStore,
    s3_faults: S3Proxy,
    operation: str,
    status: int,
    code: str,
    body: bytes | None,
    content_type: str,
    kind: type[StorageError],
) -> None:
    s3_faults.answer(status, code=code, body=body, content_type=content_type)
    with pytest.raises(kind, match=f"cannot {operation} run/in/") as raised:
        CALLS[operation](faulty)
    assert raised.value.retryable is (kind is Unavailable)


@pytest.mark.parametrize("operation", ["write", "copy", "list", "delete"])
def test_a_success_of_something_that_is_no_s3_is_no_success(
    faulty: ObjectStore, s3_faults: S3Proxy, operation: str
) -> None:
    s3_faults.answer(200, body=b"<!doctype html><p>Welcome to our network", content_type="text/html")
    with pytest.raises(StorageError, match=f"cannot {operation} run/in/"):
        CALLS[operation](faulty)


@pytest.mark.parametrize("operation", CALLS)
def test_a2_a_connection_that_is_reset_is_told_and_may_be_tried_again(
    faulty: ObjectStore, s3_faults: S3Proxy, operation: str
) -> None:
    s3_faults.reset()
    with pytest.raises(Unavailable, match=f"cannot {operation} run/in/"):
        CALLS[operation](faulty)


@pytest.mark.parametrize("operation", CALLS)
def test_a2_a_server_that_is_away_is_told_with_its_address(operation: str) -> None:
    port = free_port()
    with pytest.raises(Unavailable, match=rf"cannot {operation} run/in/.*{port}.*refused"):
        CALLS[operation](open_store(f"s3://key:secret@127.0.0.1:{port}/bucket?secure=false"))


def test_nothing_is_tried_twice_behind_the_callers_back(faulty: ObjectStore, s3_faults: S3Proxy) -> None:
    s3_faults.answer(503, code="SlowDown")
    with pytest.raises(Unavailable):
        CALLS["write"](faulty)
    s3_faults.reset()
    with pytest.raises(Unavailable):
        CALLS["read"](faulty)
    assert [request.method for request in s3_faults.requests] == ["PUT", "GET"]


def test_a2_a_body_that_is_cut_raises_while_it_is_read(faulty: ObjectStore, s3_faults: S3Proxy) -> None:
    s3_faults.cut("GET", after=1000)
    with faulty.open(KEY) as source, pytest.raises(Unavailable, match=f"cannot read {KEY}"):
        source.read()


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a2_a_part_that_fails_leaves_nothing_and_aborts_the_upload(
    faulty: ObjectStore, s3_faults: S3Proxy, nth: int
) -> None:
    fault = s3_faults.answer(503, "PUT partNumber=", code="SlowDown", nth=nth)
    with pytest.raises(Unavailable, match="cannot write run/in/1"):
        faulty.put("run/in/1", io.BytesIO(bytes(20 * MIB)))
    assert (fault.met, s3_faults.count("DELETE ?uploadId")) == (1, 1)
    assert keys(s3_faults) == [KEY]


def test_a6_the_first_error_stays_the_error_when_the_abort_fails_too(faulty: ObjectStore, s3_faults: S3Proxy) -> None:
    s3_faults.deny("PUT partNumber=")
    s3_faults.reset("DELETE")
    with pytest.raises(AccessDenied):
        faulty.put("run/in/1", io.BytesIO(bytes(20 * MIB)))
    assert s3_faults.count("DELETE ?uploadId") == 1
    s3_faults.allow()
    s3_faults.requests.clear()
    faulty.delete_prefix("run/in/")
    assert s3_faults.count("DELETE /run/in/1") == 1


def test_a_completion_with_an_error_in_its_200_is_no_success(faulty: ObjectStore, s3_faults: S3Proxy) -> None:
    s3_faults.answer(200, "POST ?uploadId", code="InternalError")
    with pytest.raises(Unavailable, match="cannot write run/in/1"):
        faulty.put("run/in/1", io.BytesIO(bytes(20 * MIB)))
    assert s3_faults.count("DELETE ?uploadId") == 1
    assert keys(s3_faults) == [KEY]


def test_the_server_copies_by_itself(faulty: ObjectStore, s3_faults: S3Proxy) -> None:
    """No byte of the object comes here."""
    faulty.copy(KEY, "run/in/1")
    assert [request.method for request in s3_faults.requests] == ["PUT"]
    assert keys(s3_faults) == [KEY, "run/in/1"]


def test_a_copy_with_an_error_in_its_200_is_no_success(faulty: ObjectStore, s3_faults: S3Proxy) -> None:
    s3_faults.answer(200, "PUT", code="InternalError")
    with pytest.raises(Unavailable, match=f"cannot copy {KEY}"):
        faulty.copy(KEY, "run/in/1")


@pytest.mark.parametrize(
    ("status", "code"), [(501, "NotImplemented"), (400, "InvalidRequest"), (400, "EntityTooLarge")]
)
def test_what_the_server_does_not_copy_by_itself_is_streamed(
    faulty: ObjectStore, s3_faults: S3Proxy, status: int, code: str
) -> None:
    s3_faults.answer(status, "PUT", code=code, nth=1)
    faulty.copy(KEY, "run/in/1")
    with open_store(s3_faults.target).open("run/in/1") as copied:
        assert copied.read() == b"content" * 10_000


def test_a6_one_object_that_is_refused_does_not_keep_the_others(faulty: ObjectStore, s3_faults: S3Proxy) -> None:
    refusal = (
        b"<DeleteResult><Error><Key>run/in/0</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        b"<Error><Key>run/in/7</Key><Code>InternalError</Code><Message>Oh</Message></Error></DeleteResult>"
    )
    s3_faults.answer(200, "POST ?delete", body=refusal, nth=1)
    for number in range(1001):
        open_store(s3_faults.target).put(f"run/out/{number}", io.BytesIO())
    with pytest.raises(AccessDenied, match=r"cannot delete run/in/0: .*Access Denied; the first of 2 errors"):
        faulty.delete_prefix("run/")
    assert s3_faults.count("POST ?delete") == 2
    assert len(keys(s3_faults)) == 1000


def test_a6_uploads_that_cannot_be_listed_do_not_keep_the_objects(faulty: ObjectStore, s3_faults: S3Proxy) -> None:
    s3_faults.deny("GET uploads=")
    with pytest.raises(AccessDenied, match="cannot delete run/in/"):
        faulty.delete_prefix("run/in/")
    assert keys(s3_faults) == []


def test_a1_what_was_refused_is_deleted_as_soon_as_the_storage_allows_it(
    faulty: ObjectStore, s3_faults: S3Proxy
) -> None:
    s3_faults.deny("DELETE", "POST ?delete")
    with pytest.raises(AccessDenied):
        faulty.delete_prefix("run/in/")
    assert keys(s3_faults) == [KEY]
    s3_faults.allow()
    faulty.delete_prefix("run/in/")
    assert keys(s3_faults) == []


@pytest.mark.parametrize("operation", CALLS)
def test_wrong_credentials_are_told_without_showing_them(s3: RcloneS3, operation: str) -> None:
    url = s3.fresh_bucket().replace(SECRET_IN_URL, "a-wrong-secret")
    with pytest.raises(AccessDenied, match=r"check its credentials.*SignatureDoesNotMatch") as raised:
        CALLS[operation](open_store(url))
    assert "a-wrong-secret" not in str(raised.value)


@pytest.mark.parametrize("operation", CALLS)
def test_a13_no_message_holds_a_secret_or_a_signature(faulty: ObjectStore, s3_faults: S3Proxy, operation: str) -> None:
    for fault in (s3_faults.deny, s3_faults.reset):
        fault()
        with pytest.raises(StorageError) as raised:
            CALLS[operation](faulty)
        assert SECRET not in str(raised.value)
        assert "ignature" not in str(raised.value)
