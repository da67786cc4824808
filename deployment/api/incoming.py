"""Reading a request's body from the web server: a silent caller is given up, and a broken body is one kind of error.

It stands before the application, since what a server raises while it reads is its own: gunicorn's errors for a
malformed chunk are no `OSError`, and its threads wait for the next byte without a limit.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SILENCE_SECONDS = 30.0
"""A caller that sends nothing for so long, in the middle of its body, is gone: it would hold a thread for ever."""


class BrokenBody(OSError):
    """The body could not be read to its end."""


class IncomingBodies:
    """WSGI middleware. Whatever goes wrong while a body is read is an `OSError`, which Werkzeug makes a 400."""

    def __init__(self, application: WSGIApplication, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._application, self._silence_seconds = application, silence_seconds

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        connection = environ.get("gunicorn.socket")
        environ["wsgi.input"] = _Body(environ["wsgi.input"], connection, self._silence_seconds)
        return self._application(environ, start_response)


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
