"""An HTTP proxy in front of a real S3 server, which does to a request what a test has said.

The client's Host header goes through, so signatures stay valid. Each request is read whole before its fate
befalls it, so that a fault does not depend on how fast the client sends.
"""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.servers.process import free_port
from tests.servers.s3_exchange import Reply, Seen
from tests.servers.s3_faults import Faults

BLOCK = 64 * 1024
NOT_FORWARDED = {"connection", "keep-alive", "transfer-encoding", "content-length"}
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class S3Proxy(Faults):
    """Stands before the server of `target`, a STORAGE_URL; give `url` to what shall meet the faults."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self.target = target
        parts = urlsplit(target)
        self.port = free_port()
        account = parts.netloc.rpartition("@")[0]
        self.url = urlunsplit(parts._replace(netloc=f"{account}@127.0.0.1:{self.port}"))
        self._server = _Server(("127.0.0.1", self.port), _Exchange)
        self._server.faults, self._server.behind = self, (str(parts.hostname), parts.port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="s3-proxy", daemon=True)

    def __enter__(self) -> S3Proxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.allow()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100
    faults: Faults
    behind: tuple[str, int | None]

    def server_bind(self) -> None:
        # A small window, so that a body which is read slowly is sent slowly.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BLOCK)
        super().server_bind()

    def shutdown_request(self, request: Any) -> None:
        # Not the usual end of a connection, which would come before the reset.
        request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that went away are what the tests are about."""


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(BLOCK)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        fate = self.server.faults.fate_of(Seen(self.command, self.path, self.client_address[1]))
        self._body = self._read(int(self.headers.get("Content-Length", 0)), fate.pause)
        fate.befall(self)

    def forward(self) -> Reply:
        behind = http.client.HTTPConnection(*self.server.behind, timeout=30)
        try:
            behind.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in NOT_FORWARDED - {"content-length"}:
                    behind.putheader(name, value)
            # The server may refuse a body before it has read it all.
            with suppress(BrokenPipeError, ConnectionResetError):
                behind.endheaders(self._body)
            answer = behind.getresponse()
            return Reply(answer.status, answer.getheaders(), answer.read())
        finally:
            behind.close()

    def send(self, reply: Reply, only: int | None = None) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            if name.lower() not in NOT_FORWARDED:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[:only])

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.close_connection = True

    def _read(self, length: int, pause: float) -> bytes:
        blocks = []
        while length > 0 and (block := self.rfile.read(min(length, BLOCK))):
            threading.Event().wait(pause)
            blocks.append(block)
            length -= len(block)
        return b"".join(blocks)
