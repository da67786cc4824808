"""Wake-ups: whoever waits for a run or watches it is told of each change by whoever made it, after the commit.

A wake-up is a hint. It may get lost, so the rows are looked at now and then all the same. `jobs.wakeups`
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

    def wait(self, seconds: float) -> bool:
        """Return whether it is time to look at the row: as soon as it is, now and then, or after `seconds`."""


class Wakeups(Protocol):
    """Carries the news that runs, or files of theirs, stand differently."""

    def publish(self, execution_ids: Iterable[UUID]) -> None:
        """Wake whoever waits for these runs. Never an error: who is not woken looks by himself."""

    def waiting(self, execution_id: UUID) -> AbstractContextManager[Waiter]:
        """Within this block each change of the run wakes the waiter."""


class Waiters:
    """The events of those who wait in this process."""

    def __init__(self) -> None:
        self._events: dict[UUID, set[threading.Event]] = defaultdict(set)
        self._lock = threading.Lock()

    @contextmanager
    def event(self, execution_id: UUID) -> Iterator[threading.Event]:
        """An event that is set when the run may have changed."""
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

    @property
    def execution_ids(self) -> list[UUID]:
        """The runs for which somebody waits."""
        with self._lock:
            return list(self._events)

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
