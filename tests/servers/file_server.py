"""An HTTPS server of files on loopback, as a presigned URL points at: it answers well, badly, slowly or not to the end.

Its URLs have a query that must never be told to anybody.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from tests.servers.receiver import Received

SIGNATURE = "5ea1ed-never-to-be-told"
QUERY = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={SIGNATURE}&token={SIGNATURE}"

Answer = Callable[[BaseHTTPRequestHandler], None]


class FileServer:
    """What stands at a path is an `Answer`; at all others is a 404. `server_names` are those that clients asked for."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.requests: list[Received] = []
        self.server_names: list[str | None] = []
        self.over = threading.Event()
        self._answers: dict[str, Answer] = {}
        context.sni_callback = lambda _socket, name, _context: self.server_names.append(name)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_port

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"https://{host}:{self.port}{path}?{QUERY}"

    def add(self, path: str, content: bytes, **headers: str) -> str:
        """Put a file there; return its URL."""
        return self.answer(path, 200, content, **headers)

    def answer(self, path: str, status: int, content: bytes = b"", **headers: str) -> str:
        """Answer so; `Content_Length="5"` is a header, and takes the place of the true length."""
        named = {
            "Content-Length": str(len(content)),
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }

        def send(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, text in named.items():
                handler.send_header(name, text)
            handler.end_headers()
            handler.wfile.write(content)

        return self.play(path, send)

    def play(self, path: str, answer: Answer) -> str:
        """Let `answer` write whatever it likes; the connection is closed behind it."""
        self._answers[path] = answer
        return self.url(path)

    def __enter__(self) -> FileServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.close_connection = True
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.requests.append(Received(self.path, headers, b""))
                answer = server._answers.get(self.path.partition("?")[0])
                with suppress(OSError):  # the client has hung up
                    answer(self) if answer else self.send_error(404)

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:  # in the handshake, or the client has hung up
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
