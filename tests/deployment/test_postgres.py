"""A connection to PostgreSQL costs no round trip of its own, and one that has died costs nobody a reply."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from deployment import postgres
from tests.airlock import Airlock
from tests.servers.tcp_proxy import TcpProxy


@pytest.fixture
def far(new_app: Callable[..., Flask], postgres_proxy: TcpProxy, redis_url: str) -> Airlock:
    """An application behind the proxy, with its connections open."""
    airlock = Airlock(new_app(database_url=postgres_proxy.url, redis_url=redis_url))
    airlock.accept()
    return airlock


def test_a_get_is_3_round_trips_one_for_each_statement(far: Airlock, postgres_proxy: TcpProxy) -> None:
    execution_id = far.accept()
    trips = postgres_proxy.count()
    assert far.get(execution_id).get_json()["status"] == "PENDING"
    assert trips.seen <= 3


def test_a_connection_that_was_cut_is_replaced_before_it_is_used(far: Airlock, postgres_proxy: TcpProxy) -> None:
    for _ in range(2):
        postgres_proxy.cut()
        far.accept()


def test_one_that_was_idle_for_long_is_asked_first(
    far: Airlock, postgres_proxy: TcpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firewall that has forgotten it tells nobody."""
    monkeypatch.setattr(postgres, "TRUSTED_SECONDS", 0)
    question = postgres_proxy.lose_request(rb"SELECT 1\0")
    far.accept()
    assert question.sprung
