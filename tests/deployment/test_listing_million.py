"""A million runs cost a page of a list what a few cost: each way to ask takes milliseconds, on each database.

    .venv/bin/python -m pytest -m proof -s tests/deployment/test_listing_million.py

It takes minutes, and prints what it measured.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from deployment.clock import utcnow
from deployment.listing import Filters, page
from deployment.usage import By, usage_of
from tests.airlock import HELLO, Airlock
from tests.deployment.console.browser import Browser, person
from tests.deployment.listed import Listed, as_nobody_has_counted, listed
from tests.deployment.reconcile.test_million import let_the_database_settle

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]
MANY = 1_000_000
TIMES = 15
SLOWEST = 0.05
"""Seconds for a page of 50. Where a range had to be read to its end, it would take ten times as long."""
SLOWEST_PAGE = 0.1
PAGES = {"ada": "/executions", "bob": f"/executions?q={HELLO[0]}", "cy": "/executions?status=ERROR", "dan": "/"}
SUMMED = 10.0
"""Seconds for sums over a million runs: they are read, so this grows with them; a statement may take 15."""


def test_each_way_to_ask_takes_milliseconds(airlock: Airlock) -> None:
    many, database = listed(airlock, MANY), airlock.parts.database
    let_the_database_settle(airlock)
    as_nobody_has_counted(database)
    slow: dict[str, float] = {}
    with database.reading() as session:
        for name, filters in many.questions.items():
            first, middle = (seconds(partial(page, session, filters, behind, 51)) for behind in (None, many.middle))
            say(airlock, name, f"{first * 1000:7.1f} ms   from the middle {middle * 1000:7.1f} ms")
            slow |= {name: max(first, middle)} if max(first, middle) > SLOWEST else {}
        operators = seconds(partial(page, session, Filters(None, statuses=["ERROR"]), None, 50))
        say(airlock, "flask executions list", f"{operators * 1000:7.1f} ms")
    pages = {path: seconds(partial(opened, person(airlock.app, name=name), path)) for name, path in PAGES.items()}
    for path, took in pages.items():
        say(airlock, f"the console's {path}", f"{took * 1000:7.1f} ms")
    sums = summed(airlock, many)
    assert slow == {}
    assert operators < SLOWEST
    assert sums < SUMMED
    assert pages["/executions"] < SLOWEST_PAGE


def opened(browser: Browser, path: str) -> None:
    assert browser.client.get(path).status_code == 200


def summed(airlock: Airlock, many: Listed) -> float:
    """The longest span that one may ask for, with all told apart."""
    today = utcnow().date()
    began = time.perf_counter()
    with airlock.parts.database.reading() as session:
        rows = usage_of(session, many.organization, None, today - timedelta(days=365), today, list(By))
    took = time.perf_counter() - began
    say(airlock, "usage of a year", f"{took * 1000:7.1f} ms for {sum(row['executions'] for row in rows):,} runs")
    return took


def seconds(act: Callable[[], object]) -> float:
    """Of the median try."""
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def say(airlock: Airlock, name: str, what: str) -> None:
    print(f"{airlock.parts.database.engine.dialect.name:10} {name:32} {what}")
