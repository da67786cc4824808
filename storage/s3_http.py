"""The HTTP connections to S3: short timeouts, no retries, and a body that is sent in blocks.

The SDK's own connections wait five minutes and retry five times. urllib3 sends a whole body under the timeout
for connecting, which a slow line cannot meet with a part of several MiB.
"""

from __future__ import annotations

import os
import time
from functools import partial
from typing import Any

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection

CONNECTIONS = 32
"""More than the threads of a process; beyond that, connections are made and not kept."""

BLOCK_BYTES = 64 * 1024
SLOWEST_BYTES_PER_SECOND = 256 * 1024
"""A line that is slower for a whole body is given up, so that every request has an end."""


def http_client(connect_seconds: float, read_seconds: float) -> PoolManager:
    """Connections with these limits: to connect, and for each silence while sending or receiving."""
    pools = PoolManager(
        timeout=Timeout(connect=connect_seconds, read=read_seconds),
        retries=False,
        maxsize=CONNECTIONS,
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
    )
    # A pool hands options that it does not know on to its connections.
    by_scheme: Any = {
        "http": partial(_HttpPool, patience=read_seconds),
        "https": partial(_HttpsPool, patience=read_seconds),
    }
    pools.pool_classes_by_scheme = by_scheme
    return pools


class _InBlocks(HTTPConnection):
    def __init__(self, *args: Any, patience: float, **options: Any) -> None:
        super().__init__(*args, **options)
        self._patience = patience

    def send(self, data: Any) -> None:
        if not isinstance(data, bytes) or len(data) <= BLOCK_BYTES:
            super().send(data)
            return
        end = time.monotonic() + self._patience + len(data) / SLOWEST_BYTES_PER_SECOND
        view = memoryview(data)
        for start in range(0, len(data), BLOCK_BYTES):
            self._allow(min(self._patience, end - time.monotonic()))
            super().send(view[start : start + BLOCK_BYTES])

    def _allow(self, seconds: float) -> None:
        if seconds <= 0:
            raise TimeoutError("the server took the body too slowly")
        if self.sock is not None:
            self.sock.settimeout(seconds)


class _InBlocksTls(_InBlocks, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _InBlocks


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _InBlocksTls
