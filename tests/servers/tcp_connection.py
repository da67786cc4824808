"""One connection through the proxy: forwarded both ways until an end closes, it is cut, or a trap springs."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable

from tests.servers.tcp_trap import Loss, Trap

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

CHUNK = 65_536
QUIET_SECONDS = 0.02
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Connection:
    """`trap` is asked at each request, so that a test may set one while the connection is open."""

    def __init__(self, client: Stream, server: Stream, trap: Callable[[], Trap | None]) -> None:
        self._from_client, self._to_client = client
        self._from_server, self._to_server = server
        self._trap = trap
        self._request = bytearray()
        self._counted: Trap | None = None
        self._losing: Trap | None = None
        self._traffic = 0

    async def run(self) -> None:
        ways = [asyncio.create_task(self._requests()), asyncio.create_task(self._replies())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.cut()
            await asyncio.gather(*ways, return_exceptions=True)

    def cut(self) -> None:
        """Reset the client's side at once, and the server's."""
        for writer in (self._to_client, self._to_server):
            end = writer.get_extra_info("socket")
            if end is not None and end.fileno() >= 0:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            writer.transport.abort()

    async def _requests(self) -> None:
        while chunk := await self._from_client.read(CHUNK):
            self._traffic += len(chunk)
            trap = self._caught_by(chunk)
            if trap and trap.loss is Loss.REQUEST:
                trap.spring()
                return
            self._losing = self._losing or trap
            self._to_server.write(chunk)
            await self._to_server.drain()

    async def _replies(self) -> None:
        while chunk := await self._from_server.read(CHUNK):
            if self._losing:
                await self._lose(self._losing)
                return
            self._request.clear()
            self._counted = None
            self._to_client.write(chunk)
            await self._to_client.drain()

    async def _lose(self, trap: Trap) -> None:
        # The server may answer the first part of a request before the last part was sent.
        while True:
            before = self._traffic
            await self._swallow_until_quiet()
            if self._traffic == before:
                break
        trap.spring()

    async def _swallow_until_quiet(self) -> None:
        try:
            while await asyncio.wait_for(self._from_server.read(CHUNK), QUIET_SECONDS):
                pass
        except TimeoutError:
            pass

    def _caught_by(self, chunk: bytes) -> Trap | None:
        trap = self._trap()
        if trap is None:
            return None
        self._request += chunk
        if self._counted is trap or not trap.matches(bytes(self._request)):
            return None
        self._counted = trap
        return trap if trap.is_due() else None
