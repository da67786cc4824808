"""TLS for servers of the tests: a self-signed chain, as hosted Redis has it, or an authority to be trusted."""

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


def signed_by(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """A server's context with a certificate for `names`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context
