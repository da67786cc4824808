"""What may become of a request to S3 on its way through the proxy, one small class for each fate."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Seen:
    """A request as the proxy saw it; `client_port` tells connections apart."""

    method: str
    target: str
    client_port: int


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Headers
    body: bytes


class Exchange(Protocol):
    """One request in the proxy's hands; its body has been read, unless it is read slowly."""

    def forward(self) -> Reply:
        """Send it to the server and wait for the reply."""
        ...

    def send(self, reply: Reply, only: int | None = None) -> None:
        """Give the client a reply, or only so many bytes of the body that the reply announces."""
        ...

    def reset(self) -> None: ...


class Fate(Protocol):
    pause: float
    """Seconds to wait before each block of the request's body is read."""

    def befall(self, exchange: Exchange) -> None: ...


@dataclass
class Forward:
    """What happens to a request that meets no fault."""

    pause: float = 0

    def befall(self, exchange: Exchange) -> None:
        exchange.send(exchange.forward())


@dataclass
class Answer:
    reply: Reply
    pause: float = 0

    def befall(self, exchange: Exchange) -> None:
        exchange.send(self.reply)


@dataclass
class Hang:
    over: threading.Event
    pause: float = 0

    def befall(self, exchange: Exchange) -> None:
        self.over.wait()
        exchange.reset()


@dataclass
class Reset:
    pause: float = 0

    def befall(self, exchange: Exchange) -> None:
        exchange.reset()


@dataclass
class LoseReply:
    pause: float = 0

    def befall(self, exchange: Exchange) -> None:
        exchange.forward()
        exchange.reset()


@dataclass
class Cut:
    after: int
    pause: float = 0

    def befall(self, exchange: Exchange) -> None:
        exchange.send(exchange.forward(), only=self.after)
        exchange.reset()
