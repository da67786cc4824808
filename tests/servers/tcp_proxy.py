"""A TCP proxy in front of a server, which loses connections, requests or replies when a test says so.

It knows no protocol: requests are told apart by the replies between them.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

from tests.servers.process import free_port
from tests.servers.tcp_connection import Connection, Stream
from tests.servers.tcp_trap import Loss, Trap

Value = TypeVar("Value")
NEVER = 0


class TcpProxy:
    """Stands before the server of `target`, a URL with host and port; clients use `url` instead.

    With `tls` it ends TLS, so that the server behind it need not speak it.
    """

    def __init__(self, target: str, tls: ssl.SSLContext | None = None) -> None:
        self.target, self.port = target, free_port()
        self._tls = tls
        self._trap: Trap | None = None
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcp-proxy", daemon=True)

    @property
    def url(self) -> str:
        """The target's URL with the proxy's address; its account, path and query stay."""
        parts = urlsplit(self.target)
        account, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{account}{at}127.0.0.1:{self.port}"))

    def lose_reply(self, pattern: bytes = b"", nth: int = 1) -> Trap:
        """At the `nth` request that matches the regular expression: forward it, wait for the server's
        reply, and cut the connection instead of returning it. What the request did, it has done.
        """
        return self._set(Trap(Loss.REPLY, pattern, nth))

    def lose_request(self, pattern: bytes = b"", nth: int = 1) -> Trap:
        """Cut the connection at the `nth` matching request, before the part that matches is forwarded."""
        return self._set(Trap(Loss.REQUEST, pattern, nth))

    def count(self) -> Trap:
        """Lose nothing: `seen` of what is returned is the number of round trips from now on."""
        return self._set(Trap(Loss.REQUEST, b"", NEVER))

    def cut(self) -> None:
        """Reset all open connections; new ones are accepted."""
        self._do(self._cut())

    def refuse(self) -> None:
        """Reset all open connections and refuse new ones, until `accept`."""
        self._do(self._refuse())

    def accept(self) -> None:
        """Take new connections again, on the same port."""
        self._do(self._accept())

    def __enter__(self) -> TcpProxy:
        self._thread.start()
        self.accept()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _set(self, trap: Trap) -> Trap:
        self._trap = trap
        return trap

    def _do(self, action: Coroutine[None, None, Value]) -> Value:
        return asyncio.run_coroutine_threadsafe(action, self._loop).result(timeout=10)

    async def _accept(self) -> None:
        if self._listener is None:
            self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls, backlog=100)

    async def _refuse(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await self._cut()

    async def _cut(self) -> None:
        for connection in list(self._connections):
            connection.cut()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._forward((reader, writer))
        except OSError:
            writer.transport.abort()
        finally:
            self._tasks.discard(task)

    async def _forward(self, client: Stream) -> None:
        parts = urlsplit(self.target)
        server = await asyncio.open_connection(parts.hostname, parts.port)
        connection = Connection(client, server, lambda: self._trap)
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)
