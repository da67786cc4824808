"""Who sends a body, and how fast. Each takes a thread until the whole of it is there, so there is room for some alone.

Who finds no room waits without a thread, for as long as somebody else sends; so the slowest of these are given up
then, and a trickle is given up in any case. The others, who have no body or have sent it, never wait for them.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from flask import Flask

EXTENSION = "airlock.senders"
SHARE = 0.5
"""Of the threads, which bodies that are being read may hold."""
WAITING_SECONDS = 1.0
"""Who has sent nothing for so long may have to make room."""
SLOW = 64 * 1024
"""Bytes a second, on the average: whoever is faster need not."""
TRICKLE = 500
"""Bytes a second, on the average; less is given up after `GRACE_SECONDS` (as mod_reqtimeout of httpd has it)."""
GRACE_SECONDS = 20.0


@dataclass(eq=False)
class Sender:
    """A connection whose body is being read, since `began` (of the monotonic clock)."""

    connection: socket.socket
    began: float
    length: int | None = None
    received: int = 0
    waiting_since: float | None = None

    def rate(self, now: float) -> float:
        """Bytes a second, on the average."""
        return self.received / max(now - self.began, 0.001)

    @property
    def has_sent_all(self) -> bool:
        return self.length is not None and self.received >= self.length

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Within the block a thread waits for this one."""
        self.waiting_since = time.monotonic()
        try:
            yield
        finally:
            self.waiting_since = None

    def give_up(self) -> None:
        """What waits for it reads an end, and can still reply."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RD)


class Senders:
    """Those of this process. `on_end` is called with the connection of each whose body is read, or is read no more."""

    def __init__(self, threads: int) -> None:
        self.room = max(int(threads * SHARE), 1)
        self.on_end: Callable[[socket.socket], None] = lambda _: None
        self._senders: set[Sender] = set()
        self._lock = threading.Lock()

    def begin(self, connection: socket.socket, length: int | None = None) -> Sender:
        """One more, with so many bytes if it says how many; `end` is called with it in any case."""
        sender = Sender(connection, time.monotonic(), length)
        with self._lock:
            self._senders.add(sender)
        return sender

    def end(self, sender: Sender) -> None:
        """Its body was read, or is read no more."""
        with self._lock:
            known = sender in self._senders
            self._senders.discard(sender)
        if known:
            self.on_end(sender.connection)

    def give_up_slow(self, wanted: int) -> None:
        """Make room for so many, if as many are slow; to be called now and then, by a thread that waits for nobody."""
        now = time.monotonic()
        with self._lock:
            slow = sorted((each for each in self._senders if _is_slow(each, now)), key=lambda each: each.rate(now))
        for place, sender in enumerate(slow):
            if place < wanted or _trickles(sender, now):
                sender.give_up()


def _is_slow(sender: Sender, now: float) -> bool:
    since = sender.waiting_since
    return since is not None and now - since > WAITING_SECONDS and sender.rate(now) < SLOW


def _trickles(sender: Sender, now: float) -> bool:
    return now - sender.began > GRACE_SECONDS and sender.rate(now) < TRICKLE


def senders_of(app: Flask) -> Senders:
    """The senders of `app` in this process."""
    senders: Senders = app.extensions[EXTENSION]
    return senders
