"""Wake-ups: whoever waits for the end of a run is told of it by whoever ended it, after the commit.

A wake-up is a hint. It may get lost, so whoever waits looks at the row now and then all the same. `jobs.wakeups`
carries them through Redis to every process.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol
from uuid import UUID


class Waiter(Protocol):
    """Waits for one run."""

    def wait(self, seconds: float) -> None:
        """Return when it is time to look at the row, and after `seconds` at the latest."""


class Wakeups(Protocol):
    """Carries the news that runs have ended."""

    def publish(self, execution_ids: Iterable[UUID]) -> None:
        """Wake whoever waits for these runs. Never an error: who is not woken looks by himself."""

    def waiting(self, execution_id: UUID) -> AbstractContextManager[Waiter]:
        """Within this block the end of the run wakes the waiter."""


class Waiters:
    """The events of those who wait in this process."""

    def __init__(self) -> None:
        self._events: dict[UUID, set[threading.Event]] = defaultdict(set)
        self._lock = threading.Lock()

    @contextmanager
    def event(self, execution_id: UUID) -> Iterator[threading.Event]:
        """An event that is set when the run may have ended."""
        event = threading.Event()
        with self._lock:
            self._events[execution_id].add(event)
        try:
            yield event
        finally:
            with self._lock:
                self._events[execution_id].discard(event)
                if not self._events[execution_id]:
                    del self._events[execution_id]

    def wake(self, execution_id: UUID) -> None:
        with self._lock:
            for event in self._events.get(execution_id, ()):
                event.set()

    def wake_all(self) -> None:
        with self._lock:
            for events in self._events.values():
                for event in events:
                    event.set()

    def __bool__(self) -> bool:
        return bool(self._events)
