"""The limiter on Redis, with the algorithms of the library `limits`, imported where requests are answered."""

from __future__ import annotations

import math
import time
from functools import cached_property
from typing import TYPE_CHECKING

import structlog
from redis import Redis, RedisError

from deployment.causes import cause_of
from deployment.limits import MINUTE, Quota, Standing

if TYPE_CHECKING:
    from limits.strategies import RateLimiter

log = structlog.get_logger()

AWAY_SECONDS = 5.0
"""How long a Redis that did not answer is not asked again: no request may wait for each other one's timeout."""
PREFIX = "airlock:limits"


class CountingLimiter:
    """See `deployment.limits.Limiter`. A minute is a window that moves, so that no two bursts meet at its edge.

    A day is counted as one number from its first upload on: a moving one would remember each byte.
    """

    def __init__(self, redis: Redis, url: str) -> None:
        """On a connection whose timeouts are short: every request waits for it. Nothing is asked yet."""
        self._redis, self._url, self._ask_from = redis, url, 0.0

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
        from limits import RateLimitItemPerSecond

        moving, fixed = self._counters
        counter = moving if quota.seconds <= MINUTE else fixed
        item = RateLimitItemPerSecond(quota.amount, quota.seconds, namespace=quota.name)
        within = counter.hit(item, owner, cost=cost) if cost else counter.test(item, owner)
        stats = counter.get_window_stats(item, owner)
        more_in = math.ceil(max(stats.reset_time - time.time(), 0))
        return Standing(quota, within, max(stats.remaining, 0), more_in)

    @cached_property
    def _counters(self) -> tuple[RateLimiter, RateLimiter]:
        """For moving windows and for fixed ones. Workers and commands count nothing, and import none of it."""
        from limits.storage import RedisStorage
        from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

        storage = RedisStorage(self._url, connection_pool=self._redis.connection_pool, key_prefix=PREFIX)
        return MovingWindowRateLimiter(storage), FixedWindowRateLimiter(storage)
