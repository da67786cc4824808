"""Bodies that are no multipart form, or a broken one: a clear 4xx, and nothing is left behind."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.airlock import Airlock
from tests.deployment.api.wire import BOUNDARY, MULTIPART, body, breaches, left, part, send, well_formed

WHOLE = body(part('name="files"; filename="a.txt"', b"Hello " * 100), part('name="tags"', b"a"))


@pytest.fixture
def airlock(new_app: Callable[..., Flask], sqlite_url: str, redis_url: str) -> Airlock:
    """On one database only: what is refused here never comes near it."""
    return Airlock(new_app(database_url=sqlite_url, redis_url=redis_url))


def code(reply: TestResponse) -> int:
    well_formed(reply)
    return reply.status_code


def test_another_type_of_body_is_unsupported(airlock: Airlock) -> None:
    types = (None, "", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream", "multipart/mixed")
    for content_type in (*types, "multipart/form-data2", "\x00", "application/json", ";;;"):
        assert code(send(airlock, WHOLE, content_type)) == 415, content_type
    assert left(airlock) == []


def test_json_is_unsupported_unless_it_names_presigned_urls_and_no_files(airlock: Airlock) -> None:
    odd = (b"[]", b"1", b"null", b'"x"', b"{}", b"{", b"", b"\xff", b"[" * 100_000, b'{"files": []}', b"1" * 5000)
    both = b'{"presigned_urls": ["https://s3.amazonaws.com/b/k"], "files": ["x"]}'
    for data in (*odd, both):
        assert code(send(airlock, data, "application/json")) == 415, data[:20]
    assert code(send(airlock, b" " * 2_000_000 + b"{}", "application/json")) == 413
    assert left(airlock) == []


def test_json_has_the_rules_of_a_form(airlock: Airlock) -> None:
    given = {
        "presigned_urls": ["https://s3.amazonaws.com/b/k", 1, None, "http://s3.amazonaws.com/b/k"],
        "timeout": True,
        "tags": ["a", "b c"],
        "custom_data": {"a": float("nan")},
        "include_metadata": {},
        "use_file_history": None,
    }
    assert breaches(send_json(airlock, given)) == {
        ("presigned_urls.1", "invalid"),
        ("presigned_urls.2", "invalid"),
        ("presigned_urls.3", "invalid"),
        ("timeout", "invalid"),
        ("tags", "invalid"),
        ("custom_data", "invalid"),
        ("include_metadata", "invalid"),
    }
    for nothing in ("[]", "null"):
        reply = send(airlock, f'{{"presigned_urls": {nothing}}}'.encode(), "application/json")
        assert breaches(reply) == {("files", "required")}
    assert left(airlock) == []


def send_json(airlock: Airlock, given: object) -> TestResponse:
    return send(airlock, json.dumps(given).encode(), "application/json")


def test_an_encoded_body_is_unsupported(airlock: Airlock) -> None:
    for encoding in ("gzip", "br", "deflate", "gzip, identity"):
        assert code(send(airlock, gzip.compress(WHOLE), Content_Encoding=encoding)) == 415
    assert send(airlock, WHOLE, Content_Encoding="identity").status_code == 200


def test_a_body_without_its_boundary_is_malformed(airlock: Airlock) -> None:
    for boundary in (
        "",
        "; boundary",
        "; boundary=",
        "; boundary=other",
        '; boundary="',
        "; boundary=\u00e9",
        "; boundary=" + "x" * 5000,
    ):
        reply = send(airlock, WHOLE, f"multipart/form-data{boundary}")
        assert code(reply) == 400, boundary
        assert "malformed or incomplete" in reply.get_json()["errors"][0]["detail"]
    assert left(airlock) == []


def test_a_body_that_is_cut_anywhere_is_incomplete(airlock: Airlock) -> None:
    for length in range(0, len(WHOLE) - 2, 7):
        assert code(send(airlock, WHOLE[:length])) == 400, length
    assert left(airlock) == []


def test_a_malformed_part_is_a_malformed_body(airlock: Airlock) -> None:
    parts = (
        f"--{BOUNDARY}\r\n\r\nno header\r\n".encode(),
        f"--{BOUNDARY}\r\nContent-Disposition\r\n\r\nx\r\n".encode(),
        f"--{BOUNDARY}\r\n: form-data\r\n\r\nx\r\n".encode(),
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; filename=\xff\r\n\r\nx\r\n".encode("latin-1"),
        f"--{BOUNDARY}\r\n{'x' * 600_000}".encode(),
        b"",
    )
    for each in parts:
        assert code(send(airlock, body(each))) in (400, 413), each[:60]
    assert left(airlock) == []


def test_a_part_without_a_name_is_ignored(airlock: Airlock) -> None:
    nameless = part('filename="a.txt"'), part(""), part('name=""', b"x")
    assert breaches(send(airlock, body(*nameless))) == {("files", "required")}
    assert send(airlock, body(*nameless, part('name="files"; filename="a.txt"'))).status_code == 200


def test_ten_thousand_fields_are_too_many(airlock: Airlock) -> None:
    reply = send(airlock, body(*(part(f'name="f{number}"', b"") for number in range(10_000))))
    assert (code(reply), left(airlock)) == (413, [])
    assert "1000 fields" in reply.get_json()["errors"][0]["detail"]


def test_another_method_is_told_which_there_are(airlock: Airlock) -> None:
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "X"):
        reply = airlock.client.open(airlock.path, method=method, headers=airlock.headers)
        assert code(reply) == 405, method
        assert {"GET", "POST"} <= set(reply.headers["Allow"].split(", "))
    assert airlock.client.options(airlock.path).status_code == 200


def test_the_trailing_slash_is_optional(airlock: Airlock) -> None:
    airlock.path = airlock.path.rstrip("/")
    execution_id = airlock.accept()
    reply = airlock.get(execution_id)
    assert (reply.status_code, reply.get_json()["status"]) == (422, "PENDING")


def test_an_unknown_path_is_told_in_the_same_shape(airlock: Airlock) -> None:
    for path in ("/deployment/api/acme", "/deployment/", "/nothing", "/deployment/api/acme/text/more"):
        assert code(airlock.client.get(path, headers=airlock.headers)) == 404


def test_a_whole_body_is_taken(airlock: Airlock) -> None:
    """So that the tests above refuse what they mean to refuse."""
    assert send(airlock, WHOLE, MULTIPART).status_code == 200
