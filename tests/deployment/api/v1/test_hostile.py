"""Hostile requests to the native API, over real sockets: each is refused as a problem, and leaves nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.airlock import Airlock
from tests.deployment.api.http import Reply, chunked, exchange, head
from tests.deployment.api.wire import MULTIPART, body, part
from tests.launcher.launched import Launched

FILE = part('name="files"; filename="a.txt"', b"Hello " * 100)
JSON = "application/json"
DEEP = b'{"metadata": ' + b'{"a": ' * 100_000 + b"1" + b"}" * 100_000 + b"}"


@pytest.fixture(scope="module")
def caller(new_caller: Callable[..., Airlock]) -> Airlock:
    """Of the native API: the same caller, at another path."""
    made = new_caller()
    made.path = f"/v1/deployments/{made.organization}/text/executions"
    return made


@pytest.fixture(autouse=True)
def nothing_left(caller: Airlock) -> Iterator[None]:
    """Whatever a test sends, no row comes of it, and no object that belongs to no row."""
    before = {str(run.id) for run in caller.rows()}
    yield
    assert {str(run.id) for run in caller.rows()} == before
    assert {key.partition("/")[0] for key in caller.parts.store.keys("")} <= before


def sent(installation: Launched, caller: Airlock, content: bytes, kind: str = MULTIPART) -> Reply:
    """A whole request."""
    request = head(caller, f"Content-Length: {len(content)}").replace(MULTIPART.encode(), kind.encode())
    return exchange(installation.url, request + content)


def is_problem(reply: Reply, *statuses: int) -> bool:
    told = reply.json()
    named = b"application/problem+json" in reply.headers
    return named and reply.code in statuses and told["status"] == reply.code and bool(told["detail"])


def test_ten_thousand_fields_are_too_many(installation: Launched, caller: Airlock) -> None:
    fields = (part(f'name="f{number}"', b"") for number in range(10_000))
    assert is_problem(sent(installation, caller, body(*fields)), 413)


@pytest.mark.parametrize("length", [0, 1, 100, len(FILE) - 10])
def test_a_body_that_ends_early_is_told_so(installation: Launched, caller: Airlock, length: int) -> None:
    whole = body(FILE)
    for begun in (
        head(caller, f"Content-Length: {len(whole)}") + whole[:length],
        head(caller, "Transfer-Encoding: chunked") + chunked(whole)[:length],
    ):
        assert is_problem(exchange(installation.url, begun, hang_up=True), 400)


def test_json_that_ends_early_or_never_begins_is_told_so(installation: Launched, caller: Airlock) -> None:
    for content in (b"", b"{", b'{"urls": [', b'"', b"\xff\xfe", b"nul", b"[]", b"1e999", b'{"urls": 1e999}'):
        assert is_problem(sent(installation, caller, content, JSON), 400), content
    cut = head(caller, "Content-Length: 100").replace(MULTIPART.encode(), JSON.encode()) + b'{"urls"'
    assert is_problem(exchange(installation.url, cut, hang_up=True), 400)


def test_deep_json_is_refused_in_a_body_and_in_each_field(installation: Launched, caller: Airlock) -> None:
    assert is_problem(sent(installation, caller, DEEP, JSON), 400, 413)
    for field in ("options", "metadata", "custom_data"):
        deep = part(f'name="{field}"', b"[" * 100_000)
        assert is_problem(sent(installation, caller, body(FILE, deep)), 400), field


@pytest.mark.parametrize("field", ["metadata", "options", "custom_data", "tags", "webhook_url", "deadline"])
def test_a_field_of_a_megabyte_is_refused(installation: Launched, caller: Airlock, field: str) -> None:
    assert is_problem(sent(installation, caller, body(FILE, part(f'name="{field}"', b"a" * 1_000_000))), 400, 413)
    content = json.dumps({field: "a" * 1_000_000, "urls": ["https://s3.amazonaws.com/b/k"]}).encode()
    assert is_problem(sent(installation, caller, content, JSON), 400, 413)


ODD = ("\x00", "\x1b[31m", "\u202e", "\ud800", "\x7f", "\u2028")


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_a_tag_with_a_control_character_is_refused(installation: Launched, caller: Airlock, odd: str) -> None:
    content = json.dumps({"urls": ["https://s3.amazonaws.com/b/k"], "tags": [f"a{odd}"]}).encode()
    assert is_problem(sent(installation, caller, content, JSON), 400)


def test_headers_of_64_kilobytes_are_refused_and_the_server_lives(installation: Launched, caller: Airlock) -> None:
    flood = [f"X-{number}: {number}" for number in range(5000)]
    for headers in ([f"X: {'x' * 65_536}"], flood, [f"Idempotency-Key: {'x' * 65_536}"], [f"Prefer: {'a,' * 30_000}"]):
        reply = exchange(installation.url, head(caller, *headers, "Content-Length: 0"))
        assert 400 <= reply.code < 500, headers[0][:20]
    assert is_problem(sent(installation, caller, b""), 400)


def test_lies_about_a_body_are_the_callers_error(installation: Launched, caller: Airlock) -> None:
    begun = head(caller, "Transfer-Encoding: chunked") + chunked(body(FILE)[:300])
    for odd in (b"zz\r\n", b"-1\r\n", b"5\r\nabc", b"3\r\nabcdef\r\n", b"\r\n", b"f" * 20_000, b""):
        assert is_problem(exchange(installation.url, begun + odd, hang_up=True), 400), odd
    for kind in ("", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded", ";;"):
        assert is_problem(sent(installation, caller, body(FILE), kind), 400, 415), kind


def test_the_same_field_twice_is_one_field_or_a_refusal(installation: Launched, caller: Airlock) -> None:
    twice = [part('name="deadline"', b"x"), part('name="deadline"', b"y")]
    assert is_problem(sent(installation, caller, body(FILE, *twice)), 400)
