"""Requests to addresses that callers or deployers name: only to public ones, within a time, and no redirects.

Every address that the name resolves to is checked, and the connection goes to one that was checked, so a name
that resolves to something else a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpcore

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 20.0
"""For one request, from the connection to the reply's headers, however slowly they drip."""
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(Exception):
    """The address is not public; requests go to public addresses only."""


class InvalidUrl(ValueError):
    """The URL must be https://host[:port]/path, without an account in it."""


def check_url(url: str, *, private: bool = False) -> None:
    """Raise `InvalidUrl` for what could never be sent to; `private` allows http, too."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidUrl(f"{InvalidUrl.__doc__}") from None
    schemes = ("https", "http") if private else ("https",)
    if parts.scheme not in schemes or not parts.hostname or parts.username is not None or port == 0:
        raise InvalidUrl(f"{InvalidUrl.__doc__}")


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool = False) -> int:
    """POST `body`; return the status of the reply, whose body is not read.

    Raises `InvalidUrl`, `AddressRefused`, and what `httpcore` raises when there is no reply. `private` also allows
    private addresses, for receivers within one's own network.
    """
    check_url(url, private=private)
    timeouts = {"connect": CONNECT_SECONDS, "read": TOTAL_SECONDS, "write": TOTAL_SECONDS}
    network = CheckedNetwork(private=private)
    with httpcore.ConnectionPool(network_backend=network, ssl_context=ssl.create_default_context()) as pool:
        request: dict[str, Any] = {"headers": dict(headers), "content": body, "extensions": {"timeout": timeouts}}
        with pool.stream("POST", url, **request) as reply:
            return int(reply.status)


class CheckedNetwork(httpcore.NetworkBackend):
    """Connects to addresses that were checked, and gives each connection `TOTAL_SECONDS`."""

    def __init__(self, *, private: bool = False) -> None:
        self._private, self._backend = private, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        ends = time.monotonic() + TOTAL_SECONDS
        address = self._checked(host, port)
        stream = self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
        return TimedStream(stream, ends)

    def _checked(self, host: str, port: int) -> str:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"the name does not resolve: {error}") from error
        addresses = [str(info[4][0]) for info in found]
        if not self._private and not all(map(is_public, addresses)):
            raise AddressRefused(f"{AddressRefused.__doc__}")
        return addresses[0]


class TimedStream(httpcore.NetworkStream):
    """A connection that is over at `ends` (monotonic seconds), also for a peer that sends a byte now and then."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._left(timeout, httpcore.ConnectTimeout)
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._ends)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _left(self, timeout: float | None, late: type[Exception]) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise late(f"no reply within {TOTAL_SECONDS:g} s")
        return left if timeout is None else min(timeout, left)


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, also when it is wrapped in IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1]) or _nat64(ip)
        if wrapped:
            return is_public(str(wrapped))
    return ip.is_global and not ip.is_multicast


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """RFC 6052: the last 32 bits."""
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else None
