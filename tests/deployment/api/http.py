"""Requests over a socket, byte by byte, for what no HTTP library would send."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlparse

from tests.airlock import Airlock
from tests.deployment.api.wire import MULTIPART

SECONDS = 15


@dataclass(frozen=True)
class Reply:
    code: int
    headers: bytes
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    address = urlparse(url)
    with socket.create_connection((address.hostname, address.port), timeout=SECONDS) as connection:
        yield connection


def head(airlock: Airlock, *headers: str, method: str = "POST", key: str | None = None) -> bytes:
    """A request up to its body, with a multipart type and the key; the connection closes behind the reply."""
    lines = [
        f"{method} {airlock.path} HTTP/1.1",
        "Host: airlock",
        "Connection: close",
        f"Content-Type: {MULTIPART}",
        f"Authorization: Bearer {airlock.key if key is None else key}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunked(data: bytes, size: int = 1000) -> bytes:
    """`data` in chunks, without the last one."""
    pieces = (data[start : start + size] for start in range(0, len(data), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def exchange(url: str, request: bytes, *, hang_up: bool = False) -> Reply:
    """Send all of `request`, and read the whole reply; `hang_up` ends our side first."""
    with connected(url) as connection:
        connection.sendall(request)
        if hang_up:
            connection.shutdown(socket.SHUT_WR)
        return read(connection)


def ask(url: str, request: bytes) -> Reply:
    """Send a head whose body never comes, and read the reply: the connection stays open for some seconds."""
    with connected(url) as connection:
        connection.sendall(request)
        return read_one(connection)


def read_one(connection: socket.socket) -> Reply:
    """As soon as it is whole."""
    with HTTPResponse(connection) as response:
        response.begin()
        return Reply(response.status, bytes(response.headers), response.read())


def read(connection: socket.socket) -> Reply:
    """All that comes until the connection is closed."""
    received = b"".join(iter(lambda: connection.recv(65536), b""))
    headers, _, content = received.partition(b"\r\n\r\n")
    return Reply(int(headers.split(b" ", 2)[1]), headers, content)


def send_until_refused(connection: socket.socket, pieces: Iterable[bytes]) -> int:
    """Send `pieces` until the reply has begun to arrive, or the other side has closed; return the bytes sent."""
    sent = 0
    for piece in pieces:
        if _answered(connection):
            break
        try:
            connection.sendall(piece)
        except ConnectionError:
            break
        sent += len(piece)
    return sent


def _answered(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(SECONDS)
