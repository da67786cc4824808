"""Room for callers that wait: each holds a thread of this process, and some threads stay free for the others.

Whoever waits takes a seat first: a POST with `timeout`, or whose files are to be fetched, and a stream of events. What
becomes of those who find none is theirs to say.
"""

from __future__ import annotations

import math
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask, current_app, request

from deployment.api.errors import RETRY_SECONDS, Refused, refused

EXTENSION = "airlock_waiting_room"
RESERVE = 0.25
"""The part of the threads in which nobody waits; one at least."""


class WaitingRoom:
    """As many seats as `threads`, less the reserve. `is_open` says whether this process still wants callers to wait."""

    def __init__(self, threads: int) -> None:
        self.seats = threads - max(math.ceil(threads * RESERVE), 1)
        self.taken = 0
        self._lock = threading.Lock()
        self.is_open: Callable[[], bool] = lambda: True

    def take(self) -> bool:
        """Take a seat, if there is one; whoever got one calls `leave` once."""
        with self._lock:
            free = self.taken < self.seats
            self.taken += free
        return free

    def leave(self) -> None:
        """Give a seat back."""
        with self._lock:
            self.taken -= 1

    @contextmanager
    def seat(self) -> Iterator[bool]:
        """Within the block a seat is ours, if it says so."""
        seated = self.take()
        try:
            yield seated
        finally:
            if seated:
                self.leave()


def install(app: Flask, threads: int) -> None:
    """Give `app` a room. It is made before the server forks, so each process has one of its own."""
    app.extensions[EXTENSION] = WaitingRoom(threads)


def room_of(app: Flask) -> WaitingRoom:
    """The room of `app` in this process."""
    room: WaitingRoom = app.extensions[EXTENSION]
    return room


def current_room() -> WaitingRoom:
    """The room of the current application."""
    return room_of(current_app)


def too_many_waiting() -> Refused:
    """503: for those who find no seat, and cannot do without."""
    detail = "Too many callers are waiting. Ask again later, or ask for the status."
    return refused(503, "too_many_waiting", detail, Retry_After=str(RETRY_SECONDS))


@contextmanager
def required_seat() -> Iterator[None]:
    """Within the block a seat is ours; raises `Refused` with 503 where there is none."""
    with current_room().seat() as seated:
        if not seated:
            raise too_many_waiting()
        yield


def wanted() -> Callable[[], bool]:
    """Whether the current request is still to be waited for: this process stays, and its caller has not hung up."""
    room, connection = current_room(), request.environ.get("gunicorn.socket")
    return lambda: room.is_open() and _is_there(connection)


def _is_there(connection: socket.socket | None) -> bool:
    """A caller that closes its half only is taken for gone, as proxies do."""
    if connection is None:
        return True
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
