"""Which requests to S3 meet a fault: what tests say to the proxy in `s3_proxy`.

A pattern is a method and, after a space, a piece of the path or query: `PUT`, `POST ?delete`, `PUT /in/1`,
`GET ?uploads`. No pattern at all means every request.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from tests.servers.s3_exchange import Answer, Cut, Fate, Forward, Hang, LoseReply, Reply, Reset, Seen

XML = "application/xml"


@dataclass
class Fault:
    """Springs at the `nth` request that matches, or at every one if `nth` is None; `met` says how often it did."""

    patterns: tuple[str, ...]
    nth: int | None
    fate: Fate
    matched: int = 0
    met: int = 0

    def catches(self, request: Seen) -> bool:
        """Count one more request if it matches; true if it meets the fault."""
        if not matches(request, self.patterns):
            return False
        self.matched += 1
        caught = self.nth is None or self.matched == self.nth
        self.met += caught
        return caught


class Faults:
    """The fault that was set last goes first; `allow` ends all of them."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self._faults: list[Fault] = []
        self._allowed = threading.Event()
        self._lock = threading.Lock()

    def deny(self, *patterns: str, nth: int | None = None) -> Fault:
        """403 with S3's own AccessDenied."""
        return self.answer(403, *patterns, code="AccessDenied", nth=nth)

    def answer(
        self,
        status: int,
        *patterns: str,
        code: str = "",
        body: bytes | None = None,
        content_type: str = XML,
        nth: int | None = None,
    ) -> Fault:
        """`status` with S3's error document for `code`, or with `body`; the server never sees the request."""
        content = error_document(code) if body is None else body
        return self._set(patterns, nth, Answer(Reply(status, [("Content-Type", content_type)], content)))

    def hang(self, *patterns: str, nth: int | None = None) -> Fault:
        """Take the request and answer nothing, until `allow`."""
        return self._set(patterns, nth, Hang(self._allowed))

    def reset(self, *patterns: str, nth: int | None = None) -> Fault:
        """Reset the connection; the server never sees the request."""
        return self._set(patterns, nth, Reset())

    def lose_reply(self, *patterns: str, nth: int | None = None) -> Fault:
        """The server does it, the client never learns it."""
        return self._set(patterns, nth, LoseReply())

    def cut(self, *patterns: str, after: int = 1, nth: int | None = None) -> Fault:
        """Reset the connection after so many bytes of the reply's body, which had announced all of them."""
        return self._set(patterns, nth, Cut(after))

    def slow(self, *patterns: str, pause: float, nth: int | None = None) -> Fault:
        """Forward it, but wait `pause` seconds before each 64 KiB of its body are read."""
        return self._set(patterns, nth, Forward(pause))

    def allow(self) -> None:
        """No more faults; what hangs is let go, by a reset."""
        with self._lock:
            self._faults.clear()
            self._allowed.set()
            self._allowed = threading.Event()

    def count(self, *patterns: str) -> int:
        """How many requests came that match; without a pattern, how many came."""
        return sum(matches(request, patterns) for request in list(self.requests))

    def fate_of(self, request: Seen) -> Fate:
        """Note the request, and say what becomes of it."""
        with self._lock:
            self.requests.append(request)
            caught = (fault.fate for fault in reversed(self._faults) if fault.catches(request))
            return next(caught, None) or Forward()

    def _set(self, patterns: tuple[str, ...], nth: int | None, fate: Fate) -> Fault:
        fault = Fault(patterns, nth, fate)
        with self._lock:
            self._faults.append(fault)
        return fault


def matches(request: Seen, patterns: tuple[str, ...]) -> bool:
    """Whether one of `patterns` describes the request, or there is none."""
    return not patterns or any(_matches(request, *pattern.partition(" ")) for pattern in patterns)


def error_document(code: str) -> bytes:
    """As S3 writes it; empty without a code."""
    if not code:
        return b""
    message = "Access Denied." if code == "AccessDenied" else f"The message for {code}."
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'.encode()


def _matches(request: Seen, method: str, _: str, piece: str) -> bool:
    return request.method == method and piece in request.target
