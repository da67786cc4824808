"""The fixtures of what stands between Airlock and its servers: TLS, and connections that break."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.tcp_proxy import TcpProxy
from tests.servers.tls import tls_proxy


@pytest.fixture
def redis_proxy(redis_url: str) -> Iterator[TcpProxy]:
    """In front of the shared, emptied Valkey; give `redis_proxy.url` to what shall meet the fault."""
    with TcpProxy(redis_url) as proxy:
        yield proxy


@pytest.fixture
def postgres_proxy(postgres_url: str) -> Iterator[TcpProxy]:
    """In front of an empty PostgreSQL database; look at the rows through `postgres_proxy.target`."""
    with TcpProxy(postgres_url) as proxy:
        yield proxy


@pytest.fixture
def rediss_url(redis_url: str) -> Iterator[str]:
    """`rediss://` URL of the shared, emptied Valkey, whose certificate no authority has signed."""
    with tls_proxy(redis_url) as proxy:
        yield proxy.url.replace("redis://", "rediss://", 1)
