"""The files of a POST: how many, how large, and what they may be called; a name is for people's eyes, never a path."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Flask

from storage import names
from tests.airlock import HELLO, Airlock
from tests.deployment.api.wire import body, breaches, left, part, send

NewApp = Callable[..., Flask]
MIB = 1024 * 1024


def posted_name(airlock: Airlock, disposition: str) -> str:
    """What the row calls the file of a part with this disposition."""
    reply = send(airlock, body(part(disposition)))
    assert reply.status_code == 200, (disposition, reply.text)
    (file,) = airlock.run(UUID(reply.get_json()["message"]["execution_id"])).files
    return file.name


def test_there_must_be_a_file(airlock: Airlock) -> None:
    reply = send(airlock, body(part('name="tags"', b"a")))
    assert breaches(reply) == {("files", "required")}
    assert "1 to 32" in reply.get_json()["errors"][0]["detail"]
    assert left(airlock) == []


def test_32_files_are_taken_and_33_are_refused(airlock: Airlock) -> None:
    reply = airlock.post([HELLO] * 33)
    assert breaches(reply) == {("files", "max_length")}
    assert "at most 32" in reply.get_json()["errors"][0]["detail"]
    assert left(airlock) == []
    airlock.accept([HELLO] * 32)
    assert airlock.rows()[0].total_files == 32


def test_an_empty_file_is_refused_by_its_place_in_the_request(airlock: Airlock) -> None:
    reply = airlock.post([HELLO, ("empty.pdf", b""), HELLO, ("empty.pdf", b"")])
    assert breaches(reply) == {("files.1", "empty"), ("files.3", "empty")}
    assert left(airlock) == []


def test_files_of_one_name_and_one_file_twice_are_items_of_their_own(airlock: Airlock) -> None:
    execution_id = airlock.accept([("a.txt", b"one"), ("a.txt", b"two"), ("a.txt", b"one")])
    assert len(airlock.inputs(execution_id)) == 3
    airlock.work_here(execution_id)
    items = airlock.get(execution_id).get_json()["message"]
    assert [item["file"] for item in items] == ["a.txt"] * 3
    assert [item["result"]["output"]["pages"][0]["text"].strip() for item in items] == ["one", "two", "one"]
    assert len({item["file_execution_id"] for item in items}) == 3


def test_files_of_more_bytes_than_allowed_are_too_large(new_app: NewApp, database_url: str, redis_url: str) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, max_upload_mb=1))
    for files in ([MIB + 1], [MIB // 2, MIB // 2, 1], [3 * MIB]):
        reply = send(airlock, body(*(part('name="files"; filename="a"', bytes(size)) for size in files)))
        assert (reply.status_code, reply.get_json()["errors"][0]["code"]) == (413, "too_large")
        assert "1 MiB of files" in reply.get_json()["errors"][0]["detail"]
        assert left(airlock) == []
    assert send(airlock, body(part('name="files"; filename="a"', bytes(MIB)))).status_code == 200


def test_directories_in_a_name_are_dropped(airlock: Airlock) -> None:
    for given in ("../../etc/a.txt", "/etc/a.txt", r"..\\..\\a.txt", r"C:\\dir\\a.txt", r"x/..\\a.txt"):
        execution_id = airlock.accept([(given, b"x")])
        assert airlock.run(execution_id).files[0].name == "a.txt"
        assert airlock.inputs(execution_id) == [names.input_key(execution_id, 0)]


def test_a_name_of_any_letters_is_kept_as_it_is(airlock: Airlock) -> None:
    odd = ["a b.txt", "\U0001f600.txt", "\u202etxt.exe", "\u05d0\u05d1.txt", "%2e%2e%2fa.txt", "a;b.txt", "x" * 255]
    execution_id = airlock.accept([(name, b"x") for name in odd])
    airlock.work_here(execution_id)
    assert [item["file"] for item in airlock.get(execution_id).get_json()["message"]] == odd


def test_a_name_that_cannot_be_one_is_refused(airlock: Airlock) -> None:
    cases = {"": "no_name", "..": "no_name", "a/..": "no_name", "dir/": "no_name", "x" * 300: "max_length"}
    for name, code in cases.items():
        assert breaches(airlock.post([(name, b"x")])) == {("files.0", code)}, name
    for odd in (b"a\x00b", b"a\x07", b"\x1b[31m", b"a\x7f", b"a\x85", b"\xc2\x85"):
        disposition = f'name="files"; filename="{odd.decode("utf-8", "surrogateescape")}"'
        assert send(airlock, body(part(disposition))).status_code == 400, odd
    assert left(airlock) == []


def test_an_extended_name_is_understood(airlock: Airlock) -> None:
    """RFC 7578 forbids `filename*`; some callers send it."""
    assert posted_name(airlock, "name=files; filename*=UTF-8''%e2%82%ac%20rates.txt") == "\u20ac rates.txt"
    assert posted_name(airlock, "name=files; filename*=UTF-8''..%2F..%2Fa.txt") == "a.txt"
    assert send(airlock, body(part("name=files; filename*=UTF-8''a%00b"))).status_code == 400


def test_the_content_type_of_a_part_is_not_trusted(airlock: Airlock) -> None:
    for claimed in ("application/pdf", "image/png", "text/plain; charset=utf-99", "nonsense", "\x80"):
        reply = send(airlock, body(part('name="files"; filename="a.txt"', b"Hello", f"Content-Type: {claimed}")))
        assert reply.status_code == 200, claimed
    for run in airlock.rows():
        airlock.work_here(run.id)
    assert {run.status for run in airlock.rows()} == {"COMPLETED"}
