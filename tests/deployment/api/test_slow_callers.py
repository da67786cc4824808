"""Callers that are slow on purpose hold no thread from the others, and the process stays as large as it was."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import psutil
import pytest

from deployment.api.senders import GRACE_SECONDS, TRICKLE, Sender, Senders
from tests import loopback
from tests.airlock import Airlock
from tests.deployment.api.http import connected, head
from tests.eventually import eventually
from tests.launcher.launched import Launched

MANY = 100
THREADS = 16
LARGER = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def caller(new_caller: Callable[..., Airlock]) -> Airlock:
    return new_caller()


def web_of(installation: Launched) -> psutil.Process:
    """The process that answers: the only child of gunicorn's master."""
    (master,) = [part for part in installation.parts() if "gunicorn" in " ".join(part.cmdline())]
    (process,) = master.children()
    return process


@contextmanager
def held(installation: Launched, begun: bytes, many: int = MANY) -> Iterator[list[socket.socket]]:
    """Many connections that have each sent this much, and keep sending a byte at a time."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connected(installation.url)) for _ in range(many)]
        for connection in connections:
            connection.sendall(begun)
        over = threading.Event()
        trickling = threading.Thread(target=_trickle, args=(connections, over))
        trickling.start()
        stack.callback(trickling.join)
        stack.callback(over.set)
        yield connections


def _trickle(connections: list[socket.socket], over: threading.Event) -> None:
    while not over.wait(0.2):
        for connection in connections:
            try:
                connection.send(b"a", socket.MSG_DONTWAIT)
            except OSError:
                continue


BEGINNINGS = ("head", "body", "chunks")


@pytest.mark.parametrize("which", BEGINNINGS)
def test_others_are_served_and_nothing_grows(installation: Launched, caller: Airlock, which: str) -> None:
    begun = {
        "head": b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        "body": head(caller, "Content-Length: 1000000") + b"--",
        "chunks": head(caller, "Transfer-Encoding: chunked") + b"ffff\r\n--",
    }[which]
    web, rows = web_of(installation), len(caller.rows())
    before = web.memory_info().rss
    with held(installation, begun):
        for _ in range(5):
            assert loopback.get(f"{installation.url}/healthz", timeout=5).status_code == 200
        assert web.num_threads() < THREADS + 16
        assert web.memory_info().rss < before + LARGER
    assert len(caller.rows()) == rows
    assert web.is_running()


def test_a_head_that_is_never_finished_is_given_up(installation: Launched) -> None:
    with connected(installation.url) as connection:
        connection.settimeout(25)
        connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        with suppress(ConnectionResetError):
            assert connection.recv(1000) == b""


def test_whoever_has_a_body_gets_a_turn_while_others_are_slow_with_theirs(
    installation: Launched, caller: Airlock
) -> None:
    begun = head(caller, "Content-Length: 1000000") + b"--"
    with held(installation, begun, THREADS):
        posted = loopback.post(
            installation.url + caller.path,
            headers=caller.headers,
            files={"files": ("large.txt", b"Hello " * 200_000)},
            timeout=30,
        )
    assert posted.status_code == 200


def test_a_head_in_pieces_is_served(installation: Launched) -> None:
    with connected(installation.url) as connection:
        for piece in (b"GET /healthz HT", b"TP/1.1\r\nHost: x\r\n", b"Connection: close\r\n\r", b"\n"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(piece)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_two_requests_at_once_on_one_connection_are_both_served(installation: Launched) -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with connected(installation.url) as connection:
        connection.sendall(asked + asked)
        received = b""
        while received.count(b"HTTP/1.1 200") < 2:
            more = connection.recv(1000)
            assert more, received
            received += more


def test_a_connection_that_ends_in_its_head_costs_no_time(installation: Launched) -> None:
    """It can be read for ever, and would keep the main thread busy."""
    web = web_of(installation)
    with connected(installation.url) as connection:
        connection.sendall(b"GET /healthz HT")
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)
        before = sum(web.cpu_times()[:2])
        began = time.monotonic()
        eventually(lambda: time.monotonic() - began > 0.5, within=2)
        assert sum(web.cpu_times()[:2]) - before < 0.25


@contextmanager
def sending(senders: Senders, since: float, received: int) -> Iterator[tuple[Sender, socket.socket]]:
    """Somebody who is waited for, since so many seconds, and has sent so many bytes."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender = senders.begin(ours)
        sender.began, sender.received, sender.waiting_since = time.monotonic() - since, received, time.monotonic() - 2
        yield sender, ours
        senders.end(sender)


def is_given_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False


def test_the_slowest_are_given_up_for_those_who_want_their_room() -> None:
    senders = Senders(threads=8)
    with ExitStack() as stack:
        all_of_them = [stack.enter_context(sending(senders, 5, count)) for count in (90_000, 10, 5_000_000, 20)]
        senders.give_up_slow(0)
        assert not any(is_given_up(connection) for _, connection in all_of_them)
        senders.give_up_slow(2)
        assert [is_given_up(connection) for _, connection in all_of_them] == [False, True, False, True]
        senders.give_up_slow(9)
        assert [is_given_up(connection) for _, connection in all_of_them] == [True, True, False, True]


def test_a_trickle_is_given_up_even_alone_and_a_slow_line_is_not() -> None:
    senders = Senders(threads=16)
    long = GRACE_SECONDS + 1
    with sending(senders, long, int(long * TRICKLE / 2)) as (_, trickle), sending(senders, long, 40_000) as (_, slow):
        senders.give_up_slow(0)
        assert (is_given_up(trickle), is_given_up(slow)) == (True, False)


def test_who_is_not_waited_for_is_left_alone() -> None:
    senders = Senders(threads=1)
    with sending(senders, 60, 0) as (sender, connection):
        sender.waiting_since = None
        senders.give_up_slow(1)
        assert not is_given_up(connection)
