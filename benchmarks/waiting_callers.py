"""Many callers that wait for the result of a run each, over sockets of one process, and what they were told when."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

BOUNDARY = "----airlock"
WAIT_SECONDS = 300
AT_ONCE = 8
"""Callers that are being accepted at one moment."""


@dataclass(frozen=True)
class Told:
    """The reply that one caller got, and when (seconds since the epoch)."""

    at: float
    execution_id: UUID
    status: str


class Callers:
    """`url` is the deployment's; the document of caller n waits for the gate n in the folder `gates`."""

    def __init__(self, url: str, key: str, gates: Path) -> None:
        self._url, self._key, self._gates = urlsplit(url), key, gates
        self._waiting: list[asyncio.Task[Told]] = []

    @property
    def answered(self) -> int:
        """How many have their reply."""
        return sum(task.done() for task in self._waiting)

    async def come(self, number: int, accepted: Callable[[], int]) -> None:
        """Let so many come, a few at a time; `accepted` counts those whose run exists."""
        while len(self._waiting) < number:
            if len(self._waiting) - accepted() < AT_ONCE:
                self._waiting.append(asyncio.create_task(self._call(len(self._waiting))))
            await asyncio.sleep(0.002)
        while accepted() < number:
            await asyncio.sleep(0.01)

    async def told(self, number: int) -> Told:
        """What caller `number` is told, as soon as it is."""
        return await self._waiting[number]

    def hang_up(self) -> None:
        """Let all who wait still go, without their replies."""
        for task in self._waiting:
            task.cancel()

    async def _call(self, number: int) -> Told:
        reader, writer = await asyncio.open_connection(self._url.hostname, self._url.port)
        try:
            writer.write(self._request(number))
            reply = await reader.read()
            at = time.time()
        finally:
            writer.close()
        head, _, body = reply.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise SystemExit(f"a caller was not served: {reply[:500]!r}")
        message = json.loads(body)["message"]
        return Told(at, UUID(message["execution_id"]), message["execution_status"])

    def _request(self, number: int) -> bytes:
        fields = {"timeout": str(WAIT_SECONDS), "custom_data": json.dumps({"gate": str(self._gates / str(number))})}
        parts = [f'name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
        parts.append('name="files"; filename="a.txt"\r\n\r\nHello, world.')
        body = "".join(f"--{BOUNDARY}\r\nContent-Disposition: form-data; {part}\r\n" for part in parts)
        body += f"--{BOUNDARY}--\r\n"
        head = (
            f"POST {self._url.path} HTTP/1.1\r\nHost: {self._url.netloc}\r\nAuthorization: Bearer {self._key}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        return (head + body).encode()
