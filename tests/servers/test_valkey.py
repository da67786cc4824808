"""The Valkey of the tests keeps what it answered for, and can be taken away and given back."""

from __future__ import annotations

import pytest
import redis

from tests.servers.valkey import Valkey


def test_redis_url_is_empty_for_each_test(valkey: Valkey, request: pytest.FixtureRequest) -> None:
    with valkey.client() as client:
        client.set("left over by another test", 1)
        request.getfixturevalue("redis_url")
        assert client.dbsize() == 0


def test_killed_and_restarted_it_has_every_write_that_it_answered(own_valkey: Valkey) -> None:
    with own_valkey.client() as client:
        client.rpush("queue", *range(100))
        own_valkey.kill()
        with pytest.raises(redis.ConnectionError):
            client.llen("queue")
        own_valkey.restart()
        assert client.llen("queue") == 100


def test_restarted_without_its_data_it_is_empty_on_the_same_port(own_valkey: Valkey) -> None:
    with own_valkey.client() as client:
        client.set("key", "value")
        own_valkey.restart(keep_data=False)
        assert client.dbsize() == 0


def test_paused_it_answers_nothing_until_it_is_resumed(own_valkey: Valkey) -> None:
    with own_valkey.client(socket_timeout=0.2) as client:
        own_valkey.pause()
        with pytest.raises(redis.TimeoutError):
            client.ping()
        own_valkey.resume()
        assert client.ping()
