"""When the wake-ups of an installation are heard by a process that does nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from redis import Redis

from jobs.wakeups import CHANNEL


@contextmanager
def heard_wakeups(redis_url: str) -> Iterator[dict[UUID, float]]:
    """The last wake-up of each run within the block, in seconds since the epoch."""
    heard: dict[UUID, float] = {}

    def hear(message: dict[str, Any]) -> None:
        heard[UUID(message["data"].decode())] = time.time()

    with Redis.from_url(redis_url) as redis, redis.pubsub() as pubsub:
        pubsub.subscribe(**{CHANNEL: hear})
        thread = pubsub.run_in_thread(sleep_time=0.1, daemon=True)
        try:
            yield heard
        finally:
            thread.stop()
            thread.join()
