"""gunicorn's threads, given to whole requests first: who is slow with a head waits without a thread, and of those who
are slow with a body only some have one.

Otherwise as many connections as there are threads, each with half a request, would keep everybody else out for ever
(measured with gunicorn 27, whose own limit is for the first byte alone).
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from deployment.api.senders import Senders, senders_of

END = b"\r\n\r\n"
LONGEST_HEAD = 64 * 1024
"""What is longer goes to gunicorn's parser, which refuses it."""
HEAD_SECONDS = 10.0
"""From the first look at a connection to the end of a head."""
BODY_SECONDS = 300.0
"""From the end of a head until there is room for its body."""
LAST_SECONDS = 2.0
"""Both, when the process ends."""
CHUNKED, LENGTH = re.compile(rb"\r\ntransfer-encoding:", re.I), re.compile(rb"\r\ncontent-length:\s*(\d{1,18})", re.I)


class WholeRequests(ThreadWorker):  # type: ignore[misc]
    """All of this runs in the main thread, as gunicorn's own bookkeeping does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._heads: dict[TConn, float] = {}
        """Connections whose head is not there, with the instants of their ends."""
        self._bodies: deque[tuple[TConn, float]] = deque()
        """Those whose body is not there, and for which there is no room."""
        self._sending: dict[socket.socket, TConn] = {}
        """Those with a thread that reads their body."""

    def init_process(self) -> None:
        """Before the first connection. The application is there: it was made before the fork."""
        self._senders.on_end = lambda connection: self.method_queue.defer(self._has_sent, connection)
        super().init_process()

    @property
    def _senders(self) -> Senders:
        return senders_of(self.app.wsgi())

    def enqueue_req(self, conn: TConn) -> None:
        """Give it a thread if its head is there, else wait for more of it."""
        known = _peeked(conn.sock)
        if known is None or END in known or len(known) >= LONGEST_HEAD or _has_read_ahead(conn):
            self._take(conn, known or b"")
        else:
            self._heads.setdefault(conn, time.monotonic() + HEAD_SECONDS)
            _wake_after(conn.sock, len(known) + 1)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._look_again, conn, len(known)))

    def finish_request(self, conn: TConn, done: Future[Any]) -> None:
        """Its thread is free, and so is the room that its body has taken, if that was not read to its end."""
        self._has_sent(conn.sock)
        super().finish_request(conn, done)

    def murder_pending(self) -> None:
        """Called at least once a second."""
        super().murder_pending()
        self._senders.give_up_slow(len(self._bodies))
        now = time.monotonic()
        if not self.alive:
            self._heads = {conn: min(until, now + LAST_SECONDS) for conn, until in self._heads.items()}
            self._bodies = deque((conn, min(until, now + LAST_SECONDS)) for conn, until in self._bodies)
        for conn in [conn for conn, until in self._heads.items() if until <= now]:
            del self._heads[conn]
            self._give_up(conn)
        while self._bodies and self._bodies[0][1] <= now:
            self._give_up(self._bodies.popleft()[0])

    def _look_again(self, conn: TConn, known: int, _client: socket.socket) -> None:
        """Woken without a new byte, it has come to its end: the parser says what is missing."""
        self.poller.unregister(conn.sock)
        now_known = _peeked(conn.sock) or b""
        if len(now_known) > known:
            self.enqueue_req(conn)
        else:
            self._take(conn, now_known)

    def _take(self, conn: TConn, known: bytes) -> None:
        self._heads.pop(conn, None)
        _wake_after(conn.sock, 1)
        if _is_whole(known):
            self._serve(conn)
        elif len(self._sending) < self._senders.room:
            self._sending[conn.sock] = conn
            self._serve(conn)
        else:
            self._bodies.append((conn, time.monotonic() + BODY_SECONDS))

    def _serve(self, conn: TConn) -> None:
        conn.data_ready = True
        super().enqueue_req(conn)

    def _has_sent(self, connection: socket.socket) -> None:
        """There is room for the next one."""
        if self._sending.pop(connection, None) is not None and self._bodies:
            conn, _ = self._bodies.popleft()
            self._sending[conn.sock] = conn
            self._serve(conn)

    def _give_up(self, conn: TConn) -> None:
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()


def _peeked(connection: socket.socket) -> bytes | None:
    """What has come and was not read yet; None if no more will come, or nobody can know."""
    try:
        return connection.recv(LONGEST_HEAD, socket.MSG_PEEK | socket.MSG_DONTWAIT) or None
    except BlockingIOError:
        return b""
    except (OSError, ValueError):  # of TLS, which nobody can peek into, or a connection that is gone
        return None


def _is_whole(known: bytes) -> bool:
    """Whether a request needs no more bytes: it has no body, or all of it is there."""
    head, end, body = known.partition(END)
    if not end or CHUNKED.search(head):
        return not end  # what has no end is refused by the parser, at once
    length = LENGTH.search(head)
    return length is None or int(length[1]) <= len(body)


def _wake_after(connection: socket.socket, count: int) -> None:
    """Let the poller tell of it when so many bytes are there (socket(7)): else it would tell of the same ones again."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)


def _has_read_ahead(conn: TConn) -> bool:
    """Bytes of the next request that gunicorn has read with the last one."""
    return conn.parser is not None and bool(conn.parser.unreader.buf.getvalue())
