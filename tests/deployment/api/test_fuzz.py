"""No request that a caller can send is answered with a 5xx, nor leaves a row unless it was accepted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from deployment.api.wire.submission import TEXTS
from tests.airlock import Airlock
from tests.deployment.api.wire import BOUNDARY, MULTIPART, body

EXAMPLES = 120
FIELDS = [*TEXTS, "files"]
quick = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

text = st.text(max_size=40)
latin = st.text(st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\r\n"), max_size=40)
names = st.one_of(st.sampled_from(FIELDS), st.sampled_from(["files", "files"]), text)
json_like = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=10,
)
values = st.one_of(
    st.binary(max_size=80),
    text.map(lambda value: value.encode("utf-8", "surrogatepass")),
    st.integers(-(10**12), 10**12).map(lambda value: str(value).encode()),
    st.sampled_from(
        [b"true", b"0", b"", b"a,b", b'{"a": "\\u0000\\ud800"}', b"{" * 500, b"%PDF-1.7", b"--" + BOUNDARY.encode()]
    ),
    json_like.map(lambda value: __import__("json").dumps(value).encode()),
)
parameters = st.one_of(
    text.map(lambda name: f'; filename="{name}"'),
    text.map(lambda name: f"; filename*=UTF-8''{name}"),
    latin.map(lambda rest: f"; {rest}"),
    st.just(""),
)
part_headers = st.lists(latin.map(lambda value: f"Content-Type: {value}"), max_size=2)


@st.composite
def parts(draw: st.DrawFn) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{draw(names)}"{draw(parameters)}'
    lines = [head, *draw(part_headers), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogatepass") + draw(values) + b"\r\n"


bodies = st.one_of(
    st.lists(parts(), max_size=5).map(lambda found: body(*found)),
    st.tuples(st.lists(parts(), max_size=3), st.integers(0, 400)).map(lambda cut: body(*cut[0])[: cut[1]]),
    st.binary(max_size=200),
)
KNOWN_TYPES = ["application/json", "multipart/form-data", "text/plain", f"multipart/form-data; boundary*={BOUNDARY}"]
content_types = st.one_of(
    st.just(MULTIPART), st.sampled_from(KNOWN_TYPES), latin, latin.map(lambda rest: f"{MULTIPART}; {rest}")
)
HEADERS = ["CONTENT_ENCODING", "TRANSFER_ENCODING", "X_FORWARDED_PREFIX", "ACCEPT", "COOKIE", "RANGE", "HOST", "EXPECT"]
extra_headers = st.dictionaries(st.sampled_from(HEADERS).map(lambda name: f"HTTP_{name}"), latin, max_size=2)


@pytest.fixture
def roomy(new_app: Callable[..., Flask], database_url: str, redis_url: str) -> Airlock:
    """Without limits that would answer for the code behind them."""
    plenty = {"org_concurrency": 10**6, "global_concurrency": 10**6}
    return Airlock(new_app(database_url=database_url, redis_url=redis_url, **plenty))


def code(airlock: Airlock, path: str = "", headers: dict[str, str] | None = None, **request: Any) -> int:
    """The code of the reply; every refusal is JSON with a `message`."""
    builder = EnvironBuilder(path=path or airlock.path, **request)
    environ = {**builder.get_environ(), "HTTP_AUTHORIZATION": f"Bearer {airlock.key}", **(headers or {})}
    chunks, status, told = run_wsgi_app(airlock.app, environ, buffered=True)
    builder.close()
    if status.startswith("4") and environ["REQUEST_METHOD"] != "HEAD":
        assert told["Content-Type"] == "application/json"
        assert "message" in json.loads(b"".join(chunks))
    return int(status.split()[0])


@quick
@given(data=bodies, content_type=content_types, headers=extra_headers)
def test_whatever_is_posted_is_accepted_or_refused(
    roomy: Airlock, data: bytes, content_type: str, headers: dict[str, str]
) -> None:
    before = len(roomy.rows())
    told = code(roomy, method="POST", data=data, content_type=content_type, headers=headers)
    assert told in (200, 308, 400, 413, 415)
    assert len(roomy.rows()) - before == (told == 200)


@quick
@given(parts=st.lists(parts(), max_size=4), timeout=st.sampled_from([b"0", b"-1", b"x"]))
def test_a_good_file_among_whatever_else_is_accepted_or_refused(
    roomy: Airlock, parts: list[bytes], timeout: bytes
) -> None:
    good = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nHello\r\n'.encode()
    told = code(roomy, method="POST", data=body(good, *parts), content_type=MULTIPART)
    assert told in (200, 400)


@quick
@given(query=st.dictionaries(st.one_of(st.sampled_from(["execution_id", *FIELDS]), text), text, max_size=4))
def test_whatever_is_asked_is_answered(roomy: Airlock, query: dict[str, str]) -> None:
    assert code(roomy, query_string=query) in (400, 404)


@quick
@given(authorization=latin, scheme=st.sampled_from(["", "Bearer ", "Basic "]))
def test_whatever_is_said_of_the_caller_is_refused(roomy: Airlock, authorization: str, scheme: str) -> None:
    assert code(roomy, headers={"HTTP_AUTHORIZATION": scheme + authorization}) in (401, 403)


@quick
@given(segments=st.lists(text, max_size=4), method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE"]))
def test_whatever_the_path_it_is_answered(roomy: Airlock, segments: list[str], method: str) -> None:
    told = code(roomy, path="/deployment/api/" + "/".join(segments), method=method)
    assert told < 500
