"""Which request a proxy loses: the n-th one that matches a pattern, and whether that has happened."""

from __future__ import annotations

import re
import threading
from enum import Enum


class Loss(Enum):
    REQUEST = "the server never sees the request"
    REPLY = "the server has answered, the client never learns it"


class Trap:
    """Springs once, at the `nth` request that matches `pattern`, counted over all connections in `seen`.

    A request is all that a client sends between two replies, so a pipeline or a transaction that is
    sent at once is one request.
    """

    def __init__(self, loss: Loss, pattern: bytes, nth: int) -> None:
        self.loss = loss
        self._pattern = re.compile(pattern, re.DOTALL)
        self._nth, self.seen = nth, 0
        self._sprung = threading.Event()

    @property
    def sprung(self) -> bool:
        """Whether the request or its reply has been lost; a test that sets a trap should assert it."""
        return self._sprung.is_set()

    def matches(self, request: bytes) -> bool:
        return self._pattern.search(request) is not None

    def is_due(self) -> bool:
        """Count one more matching request; true for the n-th and for no other."""
        self.seen += 1
        return self.seen == self._nth

    def spring(self) -> None:
        self._sprung.set()
