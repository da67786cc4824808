"""The proxy loses exactly what it was told to lose, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import redis
from freezegun import freeze_time
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.servers.tcp_proxy import TcpProxy
from tests.servers.valkey import Valkey


@pytest.fixture
def through(redis_proxy: TcpProxy) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_proxy.url, retry=Retry(NoBackoff(), 0), socket_timeout=5) as client:
        client.ping()
        yield client


def postgres_address(proxy: TcpProxy) -> str:
    return proxy.url.replace("postgresql+psycopg", "postgresql")


def rows_behind(proxy: TcpProxy) -> int:
    with psycopg.connect(proxy.target.replace("postgresql+psycopg", "postgresql")) as connection:
        return len(connection.execute("SELECT * FROM kept").fetchall())


def test_it_forwards_large_requests_and_replies(through: redis.Redis) -> None:
    value = bytes(5_000_000)
    through.set("document", value)
    assert through.get("document") == value


def test_a8_a_lost_reply_loses_the_reply_only(redis_proxy: TcpProxy, through: redis.Redis, valkey: Valkey) -> None:
    trap = redis_proxy.lose_reply(b"LPUSH")
    with pytest.raises(redis.ConnectionError):
        through.lpush("queue", "job")
    assert trap.sprung
    with valkey.client() as direct:
        assert direct.lrange("queue", 0, -1) == [b"job"]


def test_a8_a_transaction_larger_than_one_packet_is_done_before_its_reply_is_lost(
    redis_proxy: TcpProxy, through: redis.Redis, valkey: Valkey
) -> None:
    redis_proxy.lose_reply(b"MULTI")
    pipeline = through.pipeline(transaction=True)
    for number in range(50):
        pipeline.set(f"key {number}", bytes(100_000))
    with pytest.raises(redis.ConnectionError):
        pipeline.execute()
    with valkey.client() as direct:
        assert direct.dbsize() == 50


def test_a7_a_lost_request_is_never_seen_by_the_server(
    redis_proxy: TcpProxy, through: redis.Redis, valkey: Valkey
) -> None:
    trap = redis_proxy.lose_request(b"LPUSH")
    with pytest.raises(redis.ConnectionError):
        through.lpush("queue", "job")
    assert trap.sprung
    with valkey.client() as direct:
        assert not direct.exists("queue")


def test_only_the_nth_matching_request_meets_the_trap(redis_proxy: TcpProxy, through: redis.Redis) -> None:
    trap = redis_proxy.lose_reply(b"LPUSH|RPUSH", nth=3)
    through.lpush("queue", "first")
    through.llen("queue")
    through.rpush("queue", "second")
    assert not trap.sprung
    with pytest.raises(redis.ConnectionError):
        through.lpush("queue", "third")
    assert trap.sprung
    assert through.lpush("queue", "fourth") == 4


def test_a_cut_ends_open_connections_and_takes_new_ones(postgres_proxy: TcpProxy) -> None:
    with psycopg.connect(postgres_address(postgres_proxy)) as connection:
        postgres_proxy.cut()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with psycopg.connect(postgres_address(postgres_proxy)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_it_refuses_connections_until_it_accepts_again(redis_proxy: TcpProxy, through: redis.Redis) -> None:
    redis_proxy.refuse()
    for _ in range(2):
        with pytest.raises(redis.ConnectionError):
            through.ping()
    redis_proxy.accept()
    assert through.ping()


def test_a_server_that_is_down_is_down_through_the_proxy(own_valkey: Valkey) -> None:
    with (
        TcpProxy(own_valkey.url) as proxy,
        redis.Redis.from_url(proxy.url, retry=Retry(NoBackoff(), 0)) as client,
    ):
        own_valkey.stop()
        with pytest.raises(redis.ConnectionError):
            client.ping()


def test_a_frozen_clock_does_not_stop_it(redis_proxy: TcpProxy, through: redis.Redis) -> None:
    with freeze_time("2026-01-01"):
        trap = redis_proxy.lose_reply(b"LPUSH")
        with pytest.raises(redis.ConnectionError):
            through.lpush("queue", "job")
    assert trap.sprung


def test_a5_a_commit_whose_reply_is_lost_is_committed(postgres_proxy: TcpProxy) -> None:
    trap = postgres_proxy.lose_reply(b"COMMIT", nth=2)
    with (
        pytest.raises(psycopg.OperationalError),
        psycopg.connect(postgres_address(postgres_proxy)) as connection,
    ):
        connection.execute("CREATE TABLE kept (id INTEGER)")
        connection.commit()
        connection.execute("INSERT INTO kept VALUES (1)")
    assert trap.sprung
    assert rows_behind(postgres_proxy) == 1


def test_a5_a_commit_that_is_lost_itself_is_rolled_back(postgres_proxy: TcpProxy) -> None:
    postgres_proxy.lose_request(b"COMMIT", nth=2)
    with (
        pytest.raises(psycopg.OperationalError),
        psycopg.connect(postgres_address(postgres_proxy)) as connection,
    ):
        connection.execute("CREATE TABLE kept (id INTEGER)")
        connection.commit()
        connection.execute("INSERT INTO kept VALUES (1)")
    assert rows_behind(postgres_proxy) == 0
