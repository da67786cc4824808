"""Limits of live executions hold in any interleaving, and a slot is free with the write that ends its run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests.airlock import Airlock
from tests.eventually import eventually

NewApp = Callable[..., Flask]


@pytest.mark.parametrize("limit", ["org_concurrency", "global_concurrency"])
def test_of_many_at_once_no_more_than_the_limit_are_accepted(
    new_app: NewApp, database_url: str, redis_url: str, limit: str
) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, **{limit: 3}))
    with ThreadPoolExecutor(8) as callers:
        replies = list(callers.map(lambda _: airlock.post().status_code, range(16)))
    assert Counter(replies) == {200: 3, 429: 13}
    assert len(airlock.rows()) == 3


def test_a_run_that_ends_frees_its_slot(new_app: NewApp, database_url: str, redis_url: str) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, org_concurrency=1))
    airlock.accept()
    assert airlock.post().status_code == 429
    airlock.work()
    airlock.accept()


def test_postgres_takes_the_locks_in_the_order_that_all_moves_keep(
    new_app: NewApp, postgres_url: str, redis_url: str
) -> None:
    """They are one statement; in another order, it and a statement that locks one by one would wait for each other."""
    airlock = Airlock(new_app(database_url=postgres_url, redis_url=redis_url))
    airlock.accept()
    engine = airlock.parts.database.engine

    def is_locked(table: str) -> bool:
        try:
            with engine.begin() as connection:
                connection.execute(sa.text(f"SELECT FROM {table} FOR UPDATE NOWAIT"))
        except OperationalError:
            return True
        return False

    with ThreadPoolExecutor(1) as pool, engine.connect() as holder:
        holder.execute(sa.text("SELECT FROM organization FOR UPDATE"))
        behind_us = pool.submit(airlock.accept)
        eventually(lambda: is_locked("installation"), within=5)
        assert not is_locked("api_key")
        holder.rollback()
        assert behind_us.result(10)
