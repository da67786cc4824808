"""The limiter on Redis, with the algorithms of the library `limits`; in memory, it is its own twin for tests."""

from __future__ import annotations

import math
import time

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter
from redis import Redis, RedisError

from deployment.causes import cause_of
from deployment.limits import MINUTE, Quota, Standing

log = structlog.get_logger()

AWAY_SECONDS = 5.0
"""How long a Redis that did not answer is not asked again: no request may wait for each other one's timeout."""
PREFIX = "airlock:limits"


class CountingLimiter:
    """See `deployment.limits.Limiter`. A minute is a window that moves, so that no two bursts meet at its edge.

    A day is counted as one number from its first upload on: a moving one would remember each byte.
    """

    def __init__(self, storage: Storage) -> None:
        self._moving, self._fixed = MovingWindowRateLimiter(storage), FixedWindowRateLimiter(storage)
        self._ask_from = 0.0

    @classmethod
    def on(cls, redis: Redis, url: str) -> CountingLimiter:
        """On a connection whose timeouts are short: every request waits for it. Nothing is asked yet."""
        return cls(RedisStorage(url, connection_pool=redis.connection_pool, key_prefix=PREFIX))

    @classmethod
    def in_memory(cls) -> CountingLimiter:
        """Of this process alone."""
        return cls(MemoryStorage())

    def take(self, quota: Quota, owner: str, cost: int = 1) -> Standing | None:
        return self._asked(quota, owner, cost)

    def look(self, quota: Quota, owner: str) -> Standing | None:
        return self._asked(quota, owner, 0)

    def _asked(self, quota: Quota, owner: str, cost: int) -> Standing | None:
        if time.monotonic() < self._ask_from:
            return None
        try:
            return self._standing(quota, owner, cost)
        except RedisError as error:
            self._ask_from = time.monotonic() + AWAY_SECONDS
            log.warning("limiter_away", error=cause_of(error), nothing_is_limited_for=AWAY_SECONDS)
            return None

    def _standing(self, quota: Quota, owner: str, cost: int) -> Standing:
        counter: RateLimiter = self._moving if quota.seconds <= MINUTE else self._fixed
        item: RateLimitItem = RateLimitItemPerSecond(quota.amount, quota.seconds, namespace=quota.name)
        within = counter.hit(item, owner, cost=cost) if cost else counter.test(item, owner)
        stats = counter.get_window_stats(item, owner)
        more_in = math.ceil(max(stats.reset_time - time.time(), 0))
        return Standing(quota, within, max(stats.remaining, 0), more_in)
