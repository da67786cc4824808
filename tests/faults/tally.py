"""What a soak has seen from outside: what clients were told, what was broken, how many runs were live at once."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class Tally:
    """Written by many threads, each of which adds to it only."""

    submitted: int = 0
    accepted: dict[UUID, str] = field(default_factory=dict)
    """Each run that a client was told to be accepted, and the text that its results must have."""
    told: dict[UUID, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The ends that clients were told of a run, whoever told them."""
    replies: Counter[str] = field(default_factory=Counter)
    strikes: Counter[str] = field(default_factory=Counter)
    live: Counter[int] = field(default_factory=Counter)
    """How often so many runs were seen live at once."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def most_live(self) -> int:
        """The largest number of runs that was seen live at once."""
        return max(self.live, default=0)

    def submit(self) -> None:
        with self.lock:
            self.submitted += 1

    def reply(self, what: str) -> None:
        with self.lock:
            self.replies[what] += 1
