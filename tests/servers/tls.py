"""TLS with a self-signed chain in front of a server that speaks none, as hosted Redis services have it."""

from __future__ import annotations

import ssl

import trustme

from tests.servers.tcp_proxy import TcpProxy


def self_signed() -> ssl.SSLContext:
    """A server's context for 127.0.0.1, signed by an authority that nobody knows; made anew at each call."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def tls_proxy(target: str) -> TcpProxy:
    """A proxy that speaks TLS to clients, plain text to `target`; its `url` keeps the target's scheme."""
    return TcpProxy(target, tls=self_signed())
