"""Requests to addresses that callers or deployers name: only to those that may be, within a time, and no redirects."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpcore

from deployment.addresses import is_public
from deployment.checked_network import Allowed, CheckedNetwork, Deadline

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 15.0
"""Within a reply whose body is read."""
TOTAL_SECONDS = 20.0
"""For one request, from the connection to the reply's headers, however slowly they drip."""
NO_REPLY = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)
"""What it is when a connection has ended before a reply."""
SPELLING = re.compile(r"[!-\[\]-~]+")
"""Printable ASCII without spaces and backslashes: about anything else, two readers of one URL may disagree."""


class InvalidUrl(ValueError):
    """The URL must be https://host[:port]/path, without an account in it."""


@dataclass(frozen=True)
class Url:
    """A URL taken apart once, so that what was checked is what is connected to."""

    scheme: str
    host: str
    port: int
    path: str
    query: str = field(repr=False)
    """Of a presigned URL, this is the secret."""

    def __str__(self) -> str:
        """Without the query."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{'' if self._usual_port else f':{self.port}'}{self.path}"

    def for_httpcore(self) -> httpcore.URL:
        """Whole, and without another reading of the text."""
        target = f"{self.path or '/'}?{self.query}" if self.query else self.path or "/"
        port = None if self._usual_port else self.port
        return httpcore.URL(scheme=self.scheme, host=self.host, port=port, target=target)

    @property
    def _usual_port(self) -> bool:
        return self.port == (443 if self.scheme == "https" else 80)


def parse_url(url: str, *, private: bool = False) -> Url:
    """The parts; raises `InvalidUrl` for what could never be sent to. `private` allows http, too."""
    try:
        if not SPELLING.fullmatch(url):
            raise ValueError("not a URL")
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidUrl(f"{InvalidUrl.__doc__}") from None
    schemes = ("https", "http") if private else ("https",)
    if parts.scheme not in schemes or not parts.hostname or "@" in parts.netloc or port == 0:
        raise InvalidUrl(f"{InvalidUrl.__doc__}")
    return Url(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), parts.path, parts.query)


def check_url(url: str, *, private: bool = False) -> None:
    """Raise `InvalidUrl` for what could never be sent to; `private` allows http, too."""
    parse_url(url, private=private)


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool = False) -> int:
    """POST `body`; return the status of the reply, whose body is not read.

    Raises `InvalidUrl`, `AddressRefused`, and what `httpcore` raises when there is no reply. `private` also allows
    private addresses, for receivers within one's own network.
    """
    target = parse_url(url, private=private)
    timeouts = {"connect": CONNECT_SECONDS, "read": TOTAL_SECONDS, "write": TOTAL_SECONDS}
    request: dict[str, Any] = {"headers": dict(headers), "content": body, "extensions": {"timeout": timeouts}}
    with (
        connections(lambda _host, _port, address: private or is_public(address), Deadline(TOTAL_SECONDS)) as pool,
        pool.stream("POST", target.for_httpcore(), **request) as reply,
    ):
        return int(reply.status)


def connections(allowed: Allowed, deadline: Deadline) -> httpcore.ConnectionPool:
    """Connections to where it is `allowed`, all over at the deadline; certificates as `SSL_CERT_FILE` has it."""
    network = CheckedNetwork(allowed, deadline)
    return httpcore.ConnectionPool(network_backend=network, ssl_context=_trusting(os.environ.get("SSL_CERT_FILE")))


@cache
def _trusting(_authorities: str | None) -> ssl.SSLContext:
    """Made once: to read the authorities takes 20 ms, as much as all else about a webhook."""
    return ssl.create_default_context()


@contextmanager
def get(pool: httpcore.ConnectionPool, url: Url) -> Iterator[httpcore.Response]:
    """GET, to read the body as it arrives: as it was stored, whatever its Content-Encoding.

    A server may close a connection that it kept open just when the next request goes there, so a request that got no
    reply on such a one is sent once more (RFC 9112, 9.3.1).
    Raises `AddressRefused`, and what `httpcore` raises, also while the body is read.
    """
    kept = any(each.is_idle() and each.can_handle_request(url.for_httpcore().origin) for each in pool.connections)
    with ExitStack() as open_until_read:
        try:
            reply = open_until_read.enter_context(_asked(pool, url))
        except NO_REPLY:
            if not kept:
                raise
            reply = open_until_read.enter_context(_asked(pool, url))
        yield reply


def _asked(pool: httpcore.ConnectionPool, url: Url) -> AbstractContextManager[httpcore.Response]:
    timeouts = {"connect": CONNECT_SECONDS, "read": SILENCE_SECONDS, "write": SILENCE_SECONDS}
    headers: dict[bytes | str, bytes | str] = {"accept-encoding": "identity", "user-agent": "airlock"}
    return pool.stream("GET", url.for_httpcore(), headers=headers, extensions={"timeout": timeouts})
