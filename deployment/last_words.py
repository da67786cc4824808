"""Last words: where a request leaves the real reason of a failure that it could not write to the database.

The reconciler, which ends the row when its lease is over, looks here first. `jobs.last_words` keeps them in Redis.
"""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class LastWords(Protocol):
    """A note for each run whose failure could not be marked."""

    def leave(self, execution_id: UUID, reason: str) -> None:
        """Keep `reason`, redacted already, for as long as the reconciler may need it."""

    def find(self, execution_id: UUID) -> str | None:
        """The reason that was left, or None; never an error: the row must end, with it or without it."""
