"""The `rediss://` URL of the tests is what a hosted Redis gives: encrypted, with a chain nobody knows."""

from __future__ import annotations

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def test_it_works_without_verification(rediss_url: str, redis_url: str) -> None:
    with (
        redis.Redis.from_url(rediss_url, ssl_cert_reqs="none", ssl_check_hostname=False) as encrypted,
        redis.Redis.from_url(redis_url) as plain,
    ):
        encrypted.set("key", "value")
        assert plain.get("key") == b"value"


def test_it_is_refused_with_verification(rediss_url: str) -> None:
    with (
        redis.Redis.from_url(rediss_url, retry=Retry(NoBackoff(), 0)) as client,
        pytest.raises(redis.ConnectionError, match="certificate verify failed"),
    ):
        client.ping()
