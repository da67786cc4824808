"""Connections to addresses that were checked, and that end at a deadline.

Every address that the name resolves to is checked, and the connection goes to one that was checked, so a name
that resolves to something else a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

Allowed = Callable[[str, int, str], bool]
"""Whether the host of that name, at that port, may have that address."""


class AddressRefused(Exception):
    """The address is not public; requests go to public addresses only."""


class Deadline:
    """A moment `seconds` after this was made, by a clock that nobody sets."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._ends = seconds, time.monotonic() + seconds

    def left(self, timeout: float | None, late: type[Exception]) -> float:
        """Seconds that are left, `timeout` at most; raises `late` if there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise late(f"not done within {self.seconds:g} s")
        return left if timeout is None else min(timeout, left)


class CheckedNetwork(httpcore.NetworkBackend):
    """What `httpcore` connects with."""

    def __init__(self, allowed: Allowed, deadline: Deadline) -> None:
        self._allowed, self._deadline, self._backend = allowed, deadline, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = self._checked(host, port)
        for address in others:
            try:
                return self._connected(address, port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connected(last, port, timeout)

    def _connected(self, address: str, port: int, timeout: float | None) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout, httpcore.ConnectTimeout)
        return TimedStream(self._backend.connect_tcp(address, port, left), self._deadline)

    def _checked(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name does not resolve: {error}") from error
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        if not all(self._allowed(host, port, address) for address in addresses):
            raise AddressRefused(f"{AddressRefused.__doc__}")
        return addresses


class TimedStream(httpcore.NetworkStream):
    """A connection that is over at the deadline, also for a peer that sends a byte now and then."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._stream.read(max_bytes, self._deadline.left(timeout, httpcore.ReadTimeout))
        except httpcore.ReadTimeout:
            self._deadline.left(timeout, httpcore.ReadTimeout)  # says so, if it was the deadline
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout, httpcore.ConnectTimeout)
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
