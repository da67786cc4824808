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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

from werkzeug.wsgi import ClosingIterator

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

    def __init__(self, application: WSGIApplication, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._application, self._silence_seconds = application, silence_seconds

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        connection = environ.get("gunicorn.socket")
        if connection is not None:
            _limit_sending(connection, self._silence_seconds)
        body = environ["wsgi.input"] = _Body(environ["wsgi.input"], connection, self._silence_seconds)
        return ClosingIterator(self._application(environ, start_response), body.throw_away)


def _limit_sending(connection: socket.socket, seconds: float) -> None:
    """By the kernel's limit (socket(7)), which is for each silence; one of Python's would be for the whole reply."""
    whole, rest = divmod(seconds, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(whole), int(rest * 1e6)))


class _Body:
    def __init__(self, body: IO[bytes], connection: socket.socket | None, silence_seconds: float) -> None:
        self._body, self._connection, self._silence_seconds = body, connection, silence_seconds

    def read(self, size: int = -1) -> bytes:
        try:
            with self._limited():
                return self._body.read(size)
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
        if self._connection is None:
            yield
            return
        # While reading only: for a reply, the same limit would be that of the whole reply, not of a silence.
        self._connection.settimeout(self._silence_seconds)
        try:
            yield
        finally:
            self._connection.settimeout(None)

    def __getattr__(self, name: str) -> Any:
        if name == "readinto":
            raise AttributeError(name)  # all reading goes through `read`
        return getattr(self._body, name)
