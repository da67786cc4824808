"""What a real web server and real sockets add: cut, malformed, endless and silent requests."""

from __future__ import annotations

import io
import itertools
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from deployment.api.incoming import IncomingBodies
from tests.airlock import Airlock
from tests.deployment.api.http import ask, chunked, connected, exchange, head, read, read_one, send_until_refused
from tests.deployment.api.wire import body, part
from tests.launcher.launched import Launched
from tests.servers.fixtures_installation import MAX_UPLOAD_MB

WHOLE = body(part('name="files"; filename="a.txt"', b"Hello " * 100))
MIB = 1024 * 1024
BEGUN = part('name="files"; filename="a.txt"', b"").removesuffix(b"\r\n")
LENGTH = f"Content-Length: {len(WHOLE)}"
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture(scope="module")
def caller(new_caller: Callable[..., Airlock]) -> Airlock:
    return new_caller()


@pytest.fixture
def url(installation: Launched) -> str:
    return installation.url


@pytest.fixture
def nothing_left(caller: Airlock) -> Iterator[None]:
    """Whatever the test sends, no row comes of it, and no object that belongs to no row."""
    before = {str(run.id) for run in caller.rows()}
    yield
    assert {str(run.id) for run in caller.rows()} == before
    assert {key.partition("/")[0] for key in caller.parts.store.keys("")} <= before


@pytest.mark.usefixtures("nothing_left")
def test_a12_an_upload_that_is_cut_short_is_told_so(url: str, caller: Airlock) -> None:
    for length in (0, 1, 100, len(WHOLE) - 10):
        reply = exchange(url, head(caller, LENGTH) + WHOLE[:length], hang_up=True)
        assert (reply.code, reply.json()["type"]) == (400, "validation_error"), length


@pytest.mark.usefixtures("nothing_left")
def test_a12_a_caller_that_hangs_up_in_mid_upload_leaves_nothing(url: str, caller: Airlock) -> None:
    for request in (head(caller, LENGTH) + WHOLE[:300], head(caller, CHUNKED) + chunked(WHOLE)[:300]):
        with connected(url) as connection:
            connection.sendall(request)
    assert exchange(url, head(caller, "Content-Length: 0")).code == 400, "it serves on"


def test_a_chunked_upload_is_taken(url: str, caller: Airlock) -> None:
    reply = exchange(url, head(caller, CHUNKED) + chunked(WHOLE, 7) + b"0\r\n\r\n")
    assert (reply.code, reply.json()["message"]["error"]) == (200, None)


@pytest.mark.usefixtures("nothing_left")
def test_a_malformed_chunk_is_the_callers_error(url: str, caller: Airlock) -> None:
    begun = head(caller, CHUNKED) + chunked(WHOLE[:300])
    for odd in (
        b"zz\r\n",
        b"-1\r\n",
        b"5\r\nabc",
        b"3\r\nabcdef\r\n",
        b"\r\n",
        b"5;\x00\r\nabcde\r\n",
        b"f" * 20_000,
        b"",
    ):
        assert exchange(url, begun + odd, hang_up=True).code == 400, odd
    for trailer in (b"bad trailer\r\n\r\n", b"a: b\n\n", b": x\r\n\r\n", b"x: " + b"y" * 300_000):
        assert exchange(url, begun + b"0\r\n" + trailer, hang_up=True).code == 400, trailer[:20]


@pytest.mark.usefixtures("nothing_left")
def test_a_length_beyond_the_limit_is_refused_before_the_body_is_sent(url: str, caller: Airlock) -> None:
    for length in (MAX_UPLOAD_MB * MIB * 2, 10**12, 10**18):
        reply = ask(url, head(caller, f"Content-Length: {length}"))
        assert (reply.code, reply.json()["errors"][0]["code"]) == (413, "too_large")
        assert f"{MAX_UPLOAD_MB} MiB" in reply.json()["message"]["error"]


@pytest.mark.usefixtures("nothing_left")
def test_an_endless_upload_is_refused_at_the_limit(url: str, caller: Airlock) -> None:
    endless = itertools.chain([chunked(BEGUN)], itertools.repeat(chunked(bytes(64 * 1024), 64 * 1024), 1000))
    with connected(url) as connection:
        connection.sendall(head(caller, CHUNKED))
        sent = send_until_refused(connection, endless)
        assert read_one(connection).code == 413
    assert sent < (MAX_UPLOAD_MB + 12) * MIB, "what is beyond the limit stands in the buffers of the system"


@pytest.mark.usefixtures("nothing_left")
def test_who_is_not_allowed_is_told_before_the_body_is_sent(url: str, caller: Airlock) -> None:
    assert ask(url, head(caller, "Content-Length: 1000000", key="wrong")).code == 401
    assert ask(url, head(caller, CHUNKED, key="")).code == 403


@pytest.mark.usefixtures("nothing_left")
def test_the_connection_of_a_refused_body_that_never_comes_is_closed(url: str, caller: Airlock) -> None:
    assert exchange(url, head(caller, f"Content-Length: {10**12}")).code == 413


def test_a_caller_that_expects_100_continue_is_served(url: str, caller: Airlock) -> None:
    with connected(url) as connection:
        connection.sendall(head(caller, LENGTH, "Expect: 100-continue"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(WHOLE)
        assert read(connection).code == 200


@pytest.mark.usefixtures("nothing_left")
def test_requests_that_are_no_http_are_refused_and_the_server_lives(url: str, caller: Airlock) -> None:
    flood = [f"X-{number}: {number}" for number in range(5000)]
    odd = (
        head(caller, *flood, "Content-Length: 0"),
        head(caller, f"X: {'x' * 100_000}", "Content-Length: 0"),
        head(caller, "Content-Length: -1"),
        head(caller, "Content-Length: x"),
        head(caller, LENGTH, "Content-Length: 1") + WHOLE,
        head(caller, LENGTH, CHUNKED) + WHOLE,
        head(caller, "Transfer-Encoding: gzip") + WHOLE,
        head(caller, "no colon", LENGTH) + WHOLE,
        head(caller, "Nul: \x00", LENGTH) + WHOLE,
        head(caller, LENGTH, method="\x01") + WHOLE,
        b"GET /\xff\xfe\x00 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"GET " + b"/" * 100_000,
    )
    for request in odd:
        with connected(url) as connection:
            with suppress(ConnectionError):
                connection.sendall(request)
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            received = connection.recv(100)
        assert not received or b"400" <= received.split()[1] < b"502", (request[:60], received)
        assert b" 500 " not in received, (request[:60], received)
    assert exchange(url, head(caller, "Content-Length: 0")).code == 400


@pytest.mark.usefixtures("nothing_left")
def test_a_key_and_a_path_of_odd_bytes_are_refused(url: str, caller: Airlock) -> None:
    for key in ("\x80\xff", "\u00e9", "alk_" + "x" * 6000, "a b", '"', "%00"):
        assert exchange(url, head(caller, "Content-Length: 0", key=key)).code == 401, key
    for path in (b"/deployment/api/\xff\xfe/text/", b"/deployment/api/%00/%ff/", b"/deployment/api/a/b/c/../"):
        request = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer x\r\n\r\n" % path
        assert exchange(url, request).code in (400, 404), path


def test_a_silent_caller_is_given_up() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        environ = create_environ(method="POST")
        environ |= {"gunicorn.socket": ours, "wsgi.input": ours.makefile("rb", buffering=0)}
        _, status, _ = run_wsgi_app(IncomingBodies(_reads_all, silence_seconds=0.05), environ)
        environ["wsgi.input"].close()
        assert (status, ours.gettimeout()) == ("400 silent", None), "and the reply may take as long as it takes"


def test_a_caller_that_takes_nothing_of_its_reply_is_given_up() -> None:
    def sends_much(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [])
        with pytest.raises(BlockingIOError):
            environ["gunicorn.socket"].sendall(bytes(16 * MIB))  # as gunicorn does
        return [b"given up"]

    ours, theirs = socket.socketpair()
    with ours, theirs:
        environ = create_environ(method="POST") | {"gunicorn.socket": ours, "wsgi.input": io.BytesIO()}
        told, _, _ = run_wsgi_app(IncomingBodies(sends_much, silence_seconds=0.05), environ)
        assert list(told) == [b"given up"]


def _reads_all(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    try:
        environ["wsgi.input"].read(1)
    except OSError:
        start_response("400 silent", [])
    return [b""]


def test_a_body_that_the_server_cannot_read_is_one_kind_of_error() -> None:
    class Broken(io.BytesIO):
        def read(self, *_size: Any) -> bytes:
            raise KeyError("an error of the server's own")

    environ = create_environ(method="POST") | {"wsgi.input": Broken()}
    _, status, _ = run_wsgi_app(IncomingBodies(_reads_all), environ)
    assert status == "400 silent"
