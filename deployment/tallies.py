"""Counting what happens, in memory, and adding it to the database now and then, in a transaction of its own.

So no domain transaction waits for a number that all of them raise, and several processes need no files between them. A
process that is killed takes with it what it has counted since its last flush, a few seconds' worth.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from deployment.causes import cause_of

if TYPE_CHECKING:
    from deployment.database import Database

log = structlog.get_logger()

Key = tuple[str, str]
"""A name, and labels as JSON."""
MOST = 2000
"""Different counts that are kept while the database is away."""
BUCKETS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0)
"""Seconds: upper ends of the buckets of a histogram; one more is without an end."""
KIND = re.compile(r"[A-Za-z_]\w{0,60}(?=:|$)")


class Tallies:
    """Of one process; any thread may count."""

    def __init__(self) -> None:
        self._counts: Counter[Key] = Counter()
        self._lock = threading.Lock()

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Once more. Labels are words of ours, from a set that is small: never a caller's text."""
        with self._lock:
            self._add((name, json.dumps(labels, sort_keys=True)), amount)

    def observe(self, name: str, seconds: float) -> None:
        """One more observation of a histogram."""
        bucket = next((f"{end:g}" for end in BUCKETS if seconds <= end), "+Inf")
        self.count(name, 1, le=bucket)
        self.count(f"{name}_sum", max(seconds, 0.0))

    def forget(self) -> None:
        """In the child of a fork: what was counted is the parent's to add."""
        self._lock = threading.Lock()
        self._counts.clear()

    def flush(self, database: Database) -> None:
        """Add to the database what was counted; what cannot be added is kept for the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            with database.writing() as session:
                add_counts(session, counts)
        except SQLAlchemyError as error:
            log.warning("tallies_kept", error=cause_of(error))
            with self._lock:
                for key, amount in counts.items():
                    self._add(key, amount)

    def _add(self, key: Key, amount: float) -> None:
        if key in self._counts or len(self._counts) < MOST:
            self._counts[key] += amount  # type: ignore[assignment]


def kind_of(reason: str | None) -> str:
    """What a reason begins with, if that is a word of ours or the type of an exception; else `other`."""
    found = KIND.match(reason or "")
    return found[0] if found else "other"


def add_counts(session: Any, counts: Counter[Key]) -> None:
    """Add them to what is stored; in one order, so that two processes that add the same numbers wait in no circle."""
    from sqlalchemy.dialects import postgresql, sqlite

    from deployment.models import Tally

    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Tally)
    added = {"value": Tally.value + statement.excluded.value}
    rows = [{"name": name, "labels": labels, "value": value} for (name, labels), value in sorted(counts.items())]
    session.execute(statement.on_conflict_do_update(index_elements=[Tally.name, Tally.labels], set_=added), rows)
