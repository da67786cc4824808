"""Reading a request's body from the web server: a silent caller is given up, and a broken body is one kind of error.

What is still coming when the reply has been sent is read and thrown away for a while: a connection that is closed
with unread data in it is reset, and a caller that is sending then loses the refusal (RFC 9112, section 9.6).

It stands before the application, since what a server raises while it reads is its own: gunicorn's errors for a
malformed chunk are no `OSError`, and its threads wait for the next byte without a limit.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from werkzeug.wsgi import ClosingIterator

from deployment.api.senders import Sender, Senders

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SILENCE_SECONDS = 30.0
"""A caller that sends nothing for so long in the middle of its body, or takes nothing of its reply, is gone: it would
hold a thread for ever."""

REST_SECONDS = 5.0
"""How long the rest of a body is read behind its refusal; gunicorn reads 64 KiB of it."""
BLOCK = 64 * 1024


class BrokenBody(OSError):
    """The body could not be read to its end."""


class IncomingBodies:
    """WSGI middleware. Whatever goes wrong while a body is read is an `OSError`, which Werkzeug makes a 400."""

    def __init__(
        self, application: WSGIApplication, senders: Senders | None = None, silence_seconds: float = SILENCE_SECONDS
    ) -> None:
        self._application, self._silence_seconds = application, silence_seconds
        self._senders = senders or Senders(threads=1)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        connection = environ.get("gunicorn.socket")
        if connection is not None:
            _limit_sending(connection, self._silence_seconds)
        sender = self._senders.begin(connection, _length(environ)) if connection is not None else None
        body = environ["wsgi.input"] = _Body(environ["wsgi.input"], sender, self._silence_seconds, self._senders.end)
        end: list[Callable[[], None]] = [body.throw_away]
        if sender is not None:
            end.append(partial(self._senders.end, sender))
        return ClosingIterator(self._application(environ, start_response), end)


def _length(environ: WSGIEnvironment) -> int | None:
    """In bytes; None where that is not said, as of a chunked body."""
    told = environ.get("CONTENT_LENGTH", "")
    return int(told) if told.isdecimal() else None


def _limit_sending(connection: socket.socket, seconds: float) -> None:
    """By the kernel's limit (socket(7)), which is for each silence; one of Python's would be for the whole reply."""
    whole, rest = divmod(seconds, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(whole), int(rest * 1e6)))


class _Body:
    def __init__(
        self, body: IO[bytes], sender: Sender | None, silence_seconds: float, on_end: Callable[[Sender], None]
    ) -> None:
        self._body, self._sender, self._silence_seconds, self._on_end = body, sender, silence_seconds, on_end

    def read(self, size: int = -1) -> bytes:
        try:
            with self._limited():
                return self._counted(self._body.read(size))
        except OSError:
            raise
        except Exception as error:
            raise BrokenBody(f"{type(error).__name__}: {error}") from error

    def throw_away(self) -> None:
        """Read what is left, as long as it comes."""
        ends, self._silence_seconds = time.monotonic() + REST_SECONDS, REST_SECONDS
        with suppress(OSError):
            while time.monotonic() < ends and self.read(BLOCK):
                continue

    @contextmanager
    def _limited(self) -> Iterator[None]:
        if self._sender is None:
            yield
            return
        # While reading only: for a reply, the same limit would be that of the whole reply, not of a silence.
        connection = self._sender.connection
        connection.settimeout(self._silence_seconds)
        try:
            with self._sender.reading():
                yield
        finally:
            connection.settimeout(None)

    def _counted(self, read: bytes) -> bytes:
        if self._sender is not None:
            self._sender.received += len(read)
            if not read or self._sender.has_sent_all:
                self._on_end(self._sender)
        return read

    def __getattr__(self, name: str) -> Any:
        if name == "readinto":
            raise AttributeError(name)  # all reading goes through `read`
        return getattr(self._body, name)
