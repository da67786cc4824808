"""Connections to Redis or Valkey, each with a policy that is written down.

`redis.Redis()` retries ten times on a lost reply and `Redis.from_url()` not at all; a retried enqueue puts a job
on the queue twice. So nothing is left to a default here.
"""

from __future__ import annotations

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

CONNECT_SECONDS = 3
REPLY_SECONDS = 5


def dispatching(url: str, *, verify_tls: bool = True) -> Redis:
    """For enqueueing: one try, short timeouts; whoever calls knows what a lost reply means."""
    return Redis.from_url(url, socket_timeout=REPLY_SECONDS, **_policy(url, verify_tls))


def announcing(url: str, *, verify_tls: bool = True) -> Redis:
    """For wake-ups, which nothing may wait for."""
    return Redis.from_url(url, **{**_policy(url, verify_tls), "socket_timeout": 1, "socket_connect_timeout": 1})


def working(url: str, *, verify_tls: bool = True) -> Redis:
    """For a worker, whose blocking pop waits shorter than for the reply."""
    return Redis.from_url(url, socket_timeout=REPLY_SECONDS, **_policy(url, verify_tls))


def _policy(url: str, verify_tls: bool) -> dict[str, object]:
    policy: dict[str, object] = {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_keepalive": True,
        "retry": Retry(NoBackoff(), 0),
        "driver_info": None,  # which redis-py we are takes 1.5 ms to find out, for each connection, and two round trips
    }
    if url.startswith("rediss://") and not verify_tls:
        policy |= {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
    return policy
