"""Last words in Redis: see `deployment.last_words`."""

from __future__ import annotations

import time
from uuid import UUID

import structlog
from redis import Redis, RedisError

from deployment.causes import cause_of

log = structlog.get_logger()

KEEP_SECONDS = 7 * 24 * 3600
AWAY_SECONDS = 5
"""How long a Redis that did not answer is not asked again: a row must not wait for each other row's timeout."""


class RedisLastWords:
    """A note per run, which Redis forgets after a week. It is a hint: losing it loses the reason, not the end."""

    def __init__(self, connection: Redis) -> None:
        self._connection = connection
        self._ask_from = 0.0

    def leave(self, execution_id: UUID, reason: str) -> None:
        try:
            self._connection.set(_key(execution_id), reason, ex=KEEP_SECONDS)
        except RedisError as error:
            log.error("last_words_lost", execution_id=str(execution_id), reason=reason, error=cause_of(error))

    def find(self, execution_id: UUID) -> str | None:
        if time.monotonic() < self._ask_from:
            return None
        try:
            note = self._connection.get(_key(execution_id))
        except RedisError:
            self._ask_from = time.monotonic() + AWAY_SECONDS
            return None
        return note.decode() if isinstance(note, bytes) else None


def _key(execution_id: UUID) -> str:
    return f"airlock:last-words:{execution_id}"
