"""Quotas of a key: so many requests in a minute, so many bytes in a day; none while nobody can count."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import httpx
import sqlalchemy as sa
from flask import Flask

from deployment.models import LIVE, ApiKey, Execution, Organization
from tests import loopback
from tests.airlock import Airlock
from tests.deployment.api.v1.native import Native, with_key
from tests.deployment.api.v1.problems import problem
from tests.launcher.launched import Launched
from tests.servers.valkey import Valkey


def limited(airlock: Airlock, **limits: int) -> Native:
    """A key with limits of its own."""
    native = with_key(airlock)
    with airlock.parts.database.writing() as session:
        session.execute(sa.update(ApiKey).where(ApiKey.prefix == native.key[:12]).values(**limits))
    return native


def test_each_reply_says_how_the_key_stands_and_the_last_when_to_come_again(airlock: Airlock) -> None:
    native = limited(airlock, requests_per_minute=3)
    replies = [native("get", "/deployments") for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert [reply.headers["RateLimit"].split(";")[1] for reply in replies] == ["r=2", "r=1", "r=0", "r=0"]
    assert {reply.headers["RateLimit-Policy"] for reply in replies} == {'"requests";q=3;w=60'}
    assert problem(replies[-1], 429, "rate_limited")
    assert 1 <= int(replies[-1].headers["Retry-After"]) <= 60
    assert with_key(airlock)("get", "/deployments").status_code == 200, "another key is not concerned"


def test_the_wire_counts_too_in_its_own_shape_and_leaves_nothing(airlock: Airlock) -> None:
    airlock.key = limited(airlock, requests_per_minute=1).key
    run = airlock.accept()
    refused = airlock.post()
    assert (refused.status_code, refused.get_json()["errors"][0]["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) >= 1
    assert [row.id for row in airlock.rows()] == [run]


def test_requests_are_counted_exactly_also_at_once(new_caller: Callable[..., Airlock], installation: Launched) -> None:
    airlock = new_caller()
    native = limited(airlock, requests_per_minute=20)

    def ask(_: int) -> int:
        headers = {"Authorization": f"Bearer {native.key}"}
        return loopback.get(f"{installation.url}/v1/deployments", headers=headers).status_code

    with ThreadPoolExecutor(10) as callers:
        told = list(callers.map(ask, range(50)))
    assert (told.count(200), told.count(429)) == (20, 30)


PART = ("a.txt", b"x" * 400_000)
"""Two of them fit into a MiB, three do not."""


def test_a_day_has_so_many_bytes_and_a_body_that_is_more_is_not_read(airlock: Airlock) -> None:
    airlock.key = limited(airlock, upload_mb_per_day=1).key
    assert [airlock.post([PART]).status_code for _ in range(2)] == [200, 200]
    refused = airlock.post([PART])
    assert (refused.status_code, refused.get_json()["errors"][0]["code"]) == (429, "upload_quota_exceeded")
    assert airlock.post([("b.txt", b"small")]).status_code == 200
    assert len(airlock.rows()) == 3


def test_what_was_refused_does_not_count(airlock: Airlock) -> None:
    airlock.key = limited(airlock, upload_mb_per_day=1).key
    assert [airlock.post([PART], timeout="x").status_code for _ in range(3)] == [400, 400, 400]
    assert airlock.post([PART]).status_code == 200


def test_nothing_is_limited_while_nobody_can_count(new_app: Callable[..., Flask], own_valkey: Valkey) -> None:
    airlock = Airlock(new_app(redis_url=own_valkey.url))
    native = limited(airlock, requests_per_minute=1)
    assert [native("get", "/deployments").status_code for _ in range(2)] == [200, 429]
    own_valkey.kill()
    replies = [native("get", "/deployments") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 200]
    assert "RateLimit" not in replies[-1].headers


def test_there_are_never_more_live_executions_than_the_limit(
    new_caller: Callable[..., Airlock], installation: Launched
) -> None:
    """200 at once against a limit of 20; no slot is given back meanwhile, since the runs are stopped by nobody."""
    airlock = new_caller(limit=20)
    native = limited(airlock, requests_per_minute=1_000_000)
    url = f"{installation.url}/v1{airlock.path.replace('/deployment/api/', '/deployments/')}executions"

    def submit(_: int) -> httpx.Response:
        headers = {"Authorization": f"Bearer {native.key}"}
        return loopback.post(url, files={"files": ("a.txt", b"x")}, headers=headers, timeout=60)

    most = 0
    with ThreadPoolExecutor(16) as callers:
        sent = [callers.submit(submit, number) for number in range(200)]
        while wait(sent, timeout=0.05).not_done:
            most = max(most, _live(airlock))
        told = [each.result() for each in sent]
    assert {reply.status_code for reply in told} <= {202, 429}
    assert most <= 20
    assert all(reply.headers["Retry-After"] for reply in told if reply.status_code == 429)


def _live(airlock: Airlock) -> int:
    mine = sa.select(Organization.id).where(Organization.name == airlock.path.split("/")[3]).scalar_subquery()
    count = sa.select(sa.func.count()).select_from(Execution)
    with airlock.parts.database.reading() as session:
        return session.scalar(count.where(Execution.status.in_(LIVE), Execution.organization_id == mine)) or 0
