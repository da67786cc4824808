"""Files by presigned URLs: fetched once the row exists, streamed into the store, and a failed step where that fails."""

from __future__ import annotations

import gzip
import hashlib
import logging
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace

import pytest
import trustme

from deployment import outbound, presigned
from deployment.models import ExecutionStatus
from deployment.reconcile import reconcile
from deployment.stop import stop
from storage import names
from tests.airlock import HELLO, Airlock
from tests.deployment.fetching import NewApp, allowed, failed, fetched, fetching, post
from tests.eventually import eventually
from tests.servers.file_server import SIGNATURE, FileServer
from tests.servers.tls import signed_by

MIB = 1024 * 1024
Resolve = Callable[..., list[str]]


@pytest.fixture
def airlock(new_app: NewApp, file_server: FileServer, sqlite_url: str, redis_url: str) -> Airlock:
    return fetching(new_app, file_server, sqlite_url, redis_url, max_upload_mb=1)


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Let names resolve: `resolve("files.test", ["127.0.0.1"], ["10.0.0.1"])` first so, then so; returns who asked."""
    real, asked = socket.getaddrinfo, []

    def make(name: str, *answers: list[str]) -> list[str]:
        def resolver(host: str, port: int, *arguments: object, **options: object) -> list[tuple[object, ...]]:
            if host != name:
                return real(host, port, *arguments, **options)  # type: ignore[arg-type,return-value]
            asked.append(host)
            addresses = answers[min(len(asked), len(answers)) - 1]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", resolver)
        return asked

    return make


def headers(handler: BaseHTTPRequestHandler, **named: str) -> None:
    handler.send_response(200)
    for name, text in named.items():
        handler.send_header(name.replace("_", "-"), text)
    handler.end_headers()


def chunk(handler: BaseHTTPRequestHandler, data: bytes) -> None:
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
    handler.wfile.flush()


def test_files_by_url_and_uploaded_ones_are_items_of_one_run(
    new_app: NewApp, file_server: FileServer, database_url: str, redis_url: str
) -> None:
    airlock = fetching(new_app, file_server, database_url, redis_url)
    content = b"Fetched and read."
    urls = [
        file_server.add("/bucket/a%20report.txt", content, Content_Type="image/png"),
        file_server.url("/bucket/a%20report.txt"),
    ]
    execution_id = airlock.accept(presigned_urls=urls, use_file_history="false")
    run = airlock.run(execution_id)
    assert [(file.name, file.size) for file in run.files] == [(HELLO[0], 13), *[("a report.txt", 17)] * 2]
    airlock.work_here(execution_id)
    items = airlock.get(execution_id).get_json()["message"]
    assert [item["result"]["output"]["pages"][0]["text"] for item in items] == ["Hello, world."] + 2 * [
        content.decode()
    ]
    assert {item["metadata"]["source_hash"] for item in items[1:]} == {hashlib.sha256(content).hexdigest()}
    assert len(file_server.requests) == 2


def test_json_alone_is_enough_and_may_have_the_other_fields(airlock: Airlock, file_server: FileServer) -> None:
    url = file_server.add("/a.txt", b"x")
    execution_id = fetched(airlock, url, tags="a,b", custom_data={"case": 7}, timeout=0, include_metrics=True)
    run = airlock.run(execution_id)
    assert (run.tags, run.custom_data, run.total_files) == (["a", "b"], {"case": 7}, 1)


def test_it_is_fetched_after_the_row_is_there(airlock: Airlock, file_server: FileServer) -> None:
    """So that a process that dies over it leaves a row, and the reconciler knows."""
    seen: list[ExecutionStatus] = []

    def look(handler: BaseHTTPRequestHandler) -> None:
        seen.extend(run.status for run in airlock.rows())  # type: ignore[misc]
        headers(handler, Content_Length="1")
        handler.wfile.write(b"x")

    fetched(airlock, file_server.play("/a.txt", look))
    assert seen == ["PENDING"]


def test_what_is_stored_are_the_bytes_that_came(airlock: Airlock, file_server: FileServer) -> None:
    """A Content-Encoding is not undone: a small file that unfolds to a large one is stored small."""
    packed = gzip.compress(bytes(20 * MIB))
    execution_id = fetched(airlock, file_server.add("/a.gz", packed, Content_Encoding="gzip"))
    (key,) = airlock.inputs(execution_id)
    assert key == names.input_key(execution_id, 0)
    with airlock.parts.store.open(key) as source:
        assert source.read() == packed
    assert file_server.requests[0].headers["accept-encoding"] == "identity"


def test_a_file_in_chunks_is_taken_up_to_the_limit(airlock: Airlock, file_server: FileServer) -> None:
    def send(handler: BaseHTTPRequestHandler) -> None:
        headers(handler, Transfer_Encoding="chunked")
        for _ in range(16):
            chunk(handler, bytes(MIB // 16))
        chunk(handler, b"")

    execution_id = fetched(airlock, file_server.play("/a.bin", send))
    assert airlock.run(execution_id).files[0].size == MIB


def test_any_answer_but_200_is_a_failed_step(airlock: Airlock, file_server: FileServer) -> None:
    answers = {
        403: "answered 403 (AccessDenied)",
        404: "answered 404",
        500: "answered 500",
        204: "answered 204",
        206: "answered 206",
        302: "answered 302; redirects are not followed",
        307: "answered 307; redirects are not followed",
    }
    for status, told in answers.items():
        body = b"<Error><Code>AccessDenied</Code></Error>" if status == 403 else b""
        target = "http://169.254.169.254/latest/meta-data/"
        run = failed(airlock, post(airlock, file_server.answer(f"/{status}", status, body, Location=target)), told)
        assert f"https://127.0.0.1:{file_server.port}/{status}: " in str(run.error)
    assert len(file_server.requests) == len(answers)
    airlock.accept()  # the only slot


def test_a_server_that_closes_a_connection_it_kept_open_is_asked_once_more(
    airlock: Airlock, file_server: FileServer
) -> None:
    def keep_open(handler: BaseHTTPRequestHandler) -> None:
        headers(handler, Content_Length="5")
        handler.wfile.write(b"first")
        handler.close_connection, kept.client = False, handler.client_address

    def hang_up_on_the_kept_one(handler: BaseHTTPRequestHandler) -> None:
        if handler.client_address != kept.client:
            headers(handler, Content_Length="6")
            handler.wfile.write(b"second")

    kept = SimpleNamespace(client=None)
    both = file_server.play("/a.txt", keep_open), file_server.play("/b.txt", hang_up_on_the_kept_one)
    run = airlock.run(fetched(airlock, *both))
    assert [file.size for file in run.files] == [5, 6]
    assert [request.path.partition("?")[0] for request in file_server.requests] == ["/a.txt", "/b.txt", "/b.txt"]


def test_one_url_that_fails_fails_the_run_and_undoes_the_other_files(airlock: Airlock, file_server: FileServer) -> None:
    url = file_server.add("/a.txt", b"x")
    failed(airlock, airlock.post([HELLO], presigned_urls=[url, file_server.url("/missing.txt")]), "missing.txt")


def cut_short(handler: BaseHTTPRequestHandler) -> None:
    headers(handler, Content_Length="10")
    handler.wfile.write(b"12345")


def cut_in_a_chunk(handler: BaseHTTPRequestHandler) -> None:
    headers(handler, Transfer_Encoding="chunked")
    handler.wfile.write(b"5\r\n123")


def without_a_last_chunk(handler: BaseHTTPRequestHandler) -> None:
    headers(handler, Transfer_Encoding="chunked")
    chunk(handler, b"12345")


def without_an_end(handler: BaseHTTPRequestHandler) -> None:
    headers(handler, Connection="close")
    handler.wfile.write(b"12345")


def no_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 files.test ESMTP\r\n")


def nothing_at_all(_handler: BaseHTTPRequestHandler) -> None:
    return None


def empty(handler: BaseHTTPRequestHandler) -> None:
    headers(handler, Content_Length="0")


def test_a_file_that_does_not_come_whole_is_a_failed_step(airlock: Airlock, file_server: FileServer) -> None:
    for answer, told in {
        cut_short: "without sending complete message body",
        cut_in_a_chunk: "RemoteProtocolError",
        without_a_last_chunk: "RemoteProtocolError",
        without_an_end: "does not say where the file ends",
        no_http: "RemoteProtocolError",
        nothing_at_all: "disconnected without sending a response",
        empty: "the file is empty",
    }.items():
        failed(airlock, post(airlock, file_server.play(f"/{answer.__name__}", answer)), told)
        assert len(file_server.requests) == 1, "a connection of its own is not tried twice"
        file_server.requests.clear()


def test_a_server_that_falls_silent_is_given_up(
    airlock: Airlock, file_server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "SILENCE_SECONDS", 0.2)

    def hang(handler: BaseHTTPRequestHandler) -> None:
        headers(handler, Content_Length="10")
        handler.wfile.write(b"12345")
        handler.wfile.flush()
        file_server.over.wait(20)

    failed(airlock, post(airlock, file_server.play("/body.txt", hang)), "ReadTimeout")
    failed(airlock, post(airlock, file_server.play("/head.txt", lambda _: wait(file_server))), "ReadTimeout")


def wait(file_server: FileServer) -> None:
    file_server.over.wait(20)


def test_a_server_that_drips_is_cut_off(
    airlock: Airlock, file_server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presigned, "FETCH_SECONDS", 0.5)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        headers(handler, Content_Length="1000")
        while not file_server.over.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    failed(airlock, post(airlock, file_server.play("/a.txt", drip)), "not done within 0.5 s")


def test_a_file_that_says_that_it_is_too_large_is_not_read(airlock: Airlock, file_server: FileServer) -> None:
    def announce(handler: BaseHTTPRequestHandler) -> None:
        headers(handler, Content_Length=str(MIB + 1))
        handler.wfile.flush()
        file_server.over.wait(20)  # nothing is sent: who read it would wait

    failed(airlock, post(airlock, file_server.play("/a.bin", announce)), "together may have 1 MiB")


def test_a_file_that_turns_out_to_be_too_large_is_cut_off(airlock: Airlock, file_server: FileServer) -> None:
    def send_for_ever(handler: BaseHTTPRequestHandler) -> None:
        headers(handler, Transfer_Encoding="chunked")
        while not file_server.over.is_set():
            chunk(handler, bytes(64 * 1024))

    failed(airlock, post(airlock, file_server.play("/a.bin", send_for_ever)), "together may have 1 MiB")


def test_the_limit_is_that_of_all_files_together(airlock: Airlock, file_server: FileServer) -> None:
    part, rest = ("a.bin", bytes(1000)), bytes(MIB - 1000)
    failed(
        airlock, airlock.post([part], presigned_urls=file_server.add("/b.bin", rest + b"x")), "together may have 1 MiB"
    )
    both = [file_server.add("/c.bin", rest), file_server.add("/d.bin", b"x")]
    failed(airlock, airlock.post([part], presigned_urls=both), "together may have 1 MiB")
    airlock.accept([part], presigned_urls=both[:1])


def test_a_large_file_goes_into_s3_part_by_part_and_leaves_nothing_when_it_breaks_off(
    new_app: NewApp, file_server: FileServer, sqlite_url: str, redis_url: str, s3_url: str
) -> None:
    airlock = fetching(new_app, file_server, sqlite_url, redis_url, storage_url=s3_url)
    content = bytes(9 * MIB)
    run = airlock.run(fetched(airlock, file_server.add("/a.bin", content)))
    assert (run.files[0].size, run.files[0].sha256) == (len(content), hashlib.sha256(content).hexdigest())
    stop(airlock.parts, run.id, "a test")
    broken = file_server.answer("/b.bin", 200, content, Content_Length=str(len(content) + 1))
    failed(airlock, post(airlock, broken), "without sending complete message body")


def test_a_certificate_of_an_unknown_authority_is_refused(
    airlock: Airlock, file_server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = file_server.add("/a.txt", b"x")
    monkeypatch.delenv("SSL_CERT_FILE")
    failed(airlock, post(airlock, url), "certificate verify failed")
    assert file_server.requests == []


def test_the_certificate_must_be_for_the_name_in_the_url(
    new_app: NewApp, authority: trustme.CA, sqlite_url: str, redis_url: str, resolve: Resolve
) -> None:
    with FileServer(signed_by(authority, "other.test")) as file_server:
        airlock = fetching(new_app, file_server, sqlite_url, redis_url)
        file_server.add("/a.txt", b"x")
        resolve("files.test", ["127.0.0.1"])
        failed(
            airlock, post(airlock, file_server.url("/a.txt", "files.test")), "certificate is not valid for 'files.test'"
        )
        failed(airlock, post(airlock, file_server.url("/a.txt")), "certificate is not valid for '127.0.0.1'")
        assert file_server.requests == []


def test_a_server_without_tls_is_refused(
    new_app: NewApp, authority: trustme.CA, sqlite_url: str, redis_url: str
) -> None:
    with FileServer(signed_by(authority, "127.0.0.1")) as file_server, socket.create_server(("127.0.0.1", 0)) as plain:
        port = plain.getsockname()[1]
        airlock = fetching(new_app, file_server, sqlite_url, redis_url, presigned_hosts=allowed(port))
        answering = threading.Thread(target=answer_in_plain_text, args=(plain,))
        answering.start()
        failed(airlock, post(airlock, f"https://127.0.0.1:{port}/a.txt?{SIGNATURE}"), "SSL")
        answering.join()


def answer_in_plain_text(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")


def test_the_name_is_resolved_once_and_told_to_the_server_that_was_checked(
    airlock: Airlock, file_server: FileServer, resolve: Resolve
) -> None:
    """DNS rebinding: what the name would resolve to a moment later is never asked."""
    file_server.add("/a.txt", b"x")
    asked = resolve("files.test", ["127.0.0.1"], ["169.254.169.254"])
    fetched(airlock, file_server.url("/a.txt", "files.test"))
    assert asked == ["files.test"]
    assert file_server.server_names == ["files.test"]
    assert file_server.requests[0].headers["host"] == f"files.test:{file_server.port}"


def test_a_name_that_leads_elsewhere_is_not_connected_to(
    airlock: Airlock, file_server: FileServer, resolve: Resolve
) -> None:
    """An allowed name is not enough: its network is 127.0.0.0/8, and all its addresses must be in there, or public."""
    file_server.add("/a.txt", b"x")
    for addresses in (["169.254.169.254"], ["10.0.0.1"], ["8.8.8.8", "192.168.0.1"], ["127.0.0.1", "::1"]):
        resolve("files.test", addresses)
        failed(airlock, post(airlock, file_server.url("/a.txt", "files.test")), "neither public nor in a network")
    assert file_server.requests == []


def test_a_name_that_does_not_resolve_is_a_failed_step(airlock: Airlock, file_server: FileServer) -> None:
    failed(airlock, post(airlock, file_server.url("/a.txt", "files.test")), "the name does not resolve")


def test_an_address_that_does_not_answer_is_passed_over(
    airlock: Airlock, file_server: FileServer, resolve: Resolve
) -> None:
    file_server.add("/a.txt", b"x")
    resolve("files.test", ["127.0.0.2", "127.0.0.1", "127.0.0.3"])
    fetched(airlock, file_server.url("/a.txt", "files.test"))


def test_the_signature_is_told_to_nobody(
    airlock: Airlock, file_server: FileServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the log, nor in rows, jobs and replies, which `failed` looks at; not when all goes well, either."""
    logging.getLogger().addHandler(caplog.handler)
    with caplog.at_level(logging.DEBUG):
        failed(airlock, post(airlock, file_server.url("/missing.txt")), "answered 404")
        execution_id = fetched(airlock, file_server.add("/a.txt", b"x"))
        airlock.work()
    assert airlock.get(execution_id).get_json()["status"] == "COMPLETED"
    assert "/missing.txt" in caplog.text
    assert SIGNATURE not in caplog.text
    assert any("/a.txt" in line for line in airlock.log(execution_id))
    assert not any(SIGNATURE in line for line in airlock.log(execution_id))


def test_the_lease_is_renewed_while_a_slow_file_is_fetched(
    new_app: NewApp, file_server: FileServer, database_url: str, redis_url: str
) -> None:
    airlock = fetching(new_app, file_server, database_url, redis_url, lease_seconds=0.6, clock_skew_seconds=0)
    leases: set[object] = set()

    def renewed() -> bool:
        leases.add(airlock.stored(airlock.rows()[0].id).lease_expires_at)
        assert reconcile(airlock.parts) == {}
        return len(leases) > 4

    def be_slow(handler: BaseHTTPRequestHandler) -> None:
        headers(handler, Content_Length="10")
        handler.wfile.write(b"12345")
        handler.wfile.flush()
        eventually(renewed, passing_over=())
        handler.wfile.write(b"67890")

    execution_id = fetched(airlock, file_server.play("/a.txt", be_slow))
    assert airlock.stored(execution_id).status == "QUEUED"
    assert len(leases) > 4


def test_b10_a_run_that_is_stopped_is_not_fetched_to_the_end(
    new_app: NewApp, file_server: FileServer, database_url: str, redis_url: str
) -> None:
    airlock = fetching(new_app, file_server, database_url, redis_url, lease_seconds=0.6, clock_skew_seconds=0)
    gone = threading.Event()

    def send_and_stop(handler: BaseHTTPRequestHandler) -> None:
        headers(handler, Transfer_Encoding="chunked")
        chunk(handler, b"x")
        stop(airlock.parts, airlock.rows()[0].id, "a test")
        try:
            while not file_server.over.wait(0.02):
                chunk(handler, b"x")
        except OSError:
            gone.set()
            raise

    reply = post(airlock, file_server.play("/a.txt", send_and_stop))
    assert (reply.status_code, reply.get_json()["message"]["execution_status"]) == (422, "STOPPED")
    assert airlock.inputs(airlock.rows()[0].id) == []
    assert gone.wait(5)
    airlock.accept()  # the only slot
