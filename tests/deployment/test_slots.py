"""Limits of live executions hold in any interleaving, and a slot is free with the write that ends its run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from tests.airlock import Airlock

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
