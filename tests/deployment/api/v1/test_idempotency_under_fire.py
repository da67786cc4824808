"""One Idempotency-Key, fifty callers, and a web process that is killed in between: one execution comes of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
import requests
from flask import Flask
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from deployment.deployments import find_deployment
from deployment.models import Execution
from storage import names
from tests import loopback
from tests.airlock import Airlock, app_inside
from tests.deployment.api.test_slow_callers import web_of
from tests.eventually import eventually
from tests.launcher.launched import Launched

pytestmark = pytest.mark.slow
CALLERS = 50
LARGE = b"Hello, world. " * 100_000
"""It takes a while to stage."""
FAST = {"LEASE_SECONDS": "2", "RECONCILE_SECONDS": "0.5", "CLOCK_SKEW_SECONDS": "0.5", "CLEANUP_GRACE": "1"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """An installation whose web process may be killed, and which notices that soon."""
    one_each = {"WORKERS": "1", "WEB_CONCURRENCY": "1", "WEB_THREADS": "64"}
    with Launched(tmp_path_factory.mktemp("fire") / "data", **one_each, **FAST) as launched:
        yield launched


@pytest.fixture(scope="module")
def inside(place: Launched) -> Iterator[Flask]:
    with app_inside(place.data) as app:
        yield app


@pytest.fixture
def airlock(inside: Flask) -> Airlock:
    return Airlock(inside, organization=f"acme-{uuid4().hex[:8]}")


class NotYet(Exception):
    """Another request with this key is being accepted."""


def url_of(place: Launched, airlock: Airlock) -> str:
    return f"{place.url}/v1/deployments/{airlock.organization}/text/executions"


def until_answered(place: Launched, airlock: Airlock, key: str) -> tuple[str, bool]:
    """As a client does that wants its run: again and again, until it is told the id."""

    def answered() -> tuple[str, bool]:
        reply = loopback.post(
            url_of(place, airlock),
            headers={**airlock.headers, "Idempotency-Key": key},
            files={"files": ("large.txt", LARGE)},
            timeout=30,
        )
        if reply.status_code in (409, 503) and reply.headers["Retry-After"]:
            raise NotYet
        if reply.status_code not in (200, 202):
            raise RuntimeError(reply.text)
        return reply.json()["id"], "Idempotent-Replayed" in reply.headers

    return eventually(answered, within=60, every=0.1, passing_over=(NotYet, httpx.TransportError))


def mine(airlock: Airlock) -> list[Execution]:
    """All runs of this test's deployment."""
    with airlock.parts.database.reading() as session:
        deployment = find_deployment(session, airlock.organization, "text")
    assert deployment is not None
    return [run for run in airlock.rows() if run.deployment_id == deployment.id]


def one_run_came_of_it(airlock: Airlock, ids: set[str]) -> None:
    """Everybody was told of it; what was begun beside it has failed before its dispatch, and left nothing."""
    (told,) = ids
    eventually(lambda: not any(run.live for run in mine(airlock)), within=60)
    runs = {str(run.id): run for run in mine(airlock)}
    assert runs.pop(told).status == "COMPLETED"
    assert {(run.status, run.sealed_at) for run in runs.values()} <= {("ERROR", None)}
    store = airlock.parts.store
    eventually(lambda: not any(list(store.keys(names.inputs(run.id))) for run in mine(airlock)), within=20)


def test_a11_fifty_at_once_make_one_run(place: Launched, airlock: Airlock) -> None:
    with ThreadPoolExecutor(CALLERS) as callers:
        told = list(callers.map(lambda _: until_answered(place, airlock, "one"), range(CALLERS)))
    assert sum(not replayed for _, replayed in told) <= 1, "one made it, the others found it"
    one_run_came_of_it(airlock, {run for run, _ in told})
    assert len(mine(airlock)) == 1


def _a_row_is_there(airlock: Airlock) -> bool:
    return bool(mine(airlock))


def _it_is_sealed(airlock: Airlock) -> bool:
    return any(run.sealed_at for run in mine(airlock))


@pytest.mark.parametrize("moment", [_a_row_is_there, _it_is_sealed])
def test_a11_a_killed_web_process_makes_no_second_run(
    place: Launched, airlock: Airlock, moment: Callable[[Airlock], bool]
) -> None:
    with ThreadPoolExecutor(CALLERS) as callers:
        asked = [callers.submit(until_answered, place, airlock, "one") for _ in range(CALLERS)]
        eventually(lambda: moment(airlock), within=30, every=0.001)
        os.kill(web_of(place).pid, signal.SIGKILL)
        told = [each.result() for each in asked]
    one_run_came_of_it(airlock, {run for run, _ in told})


def test_a11_a_clients_own_retries_make_no_second_run(place: Launched, inside: Flask) -> None:
    """As docs/clients.md has it, while the web process is killed under it: until that has struck in the middle."""
    again = Retry(total=60, backoff_factor=0.1, backoff_max=1, status_forcelist=[409, 503], allowed_methods=None)
    struck = False
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=again))
        for number in range(20):
            airlock = Airlock(inside, organization=f"retrying-{number}")
            struck = struck or _posted_under_fire(place, airlock, session)
            if struck:
                break
    assert struck


def _posted_under_fire(place: Launched, airlock: Airlock, session: requests.Session) -> bool:
    """Whether the client has tried again."""
    with ThreadPoolExecutor(1) as caller:
        asked = caller.submit(_posted, session, url_of(place, airlock), airlock.headers)
        eventually(lambda: _a_row_is_there(airlock), within=30, every=0.001)
        os.kill(web_of(place).pid, signal.SIGKILL)
        reply, was_cut = asked.result()
    assert reply.status_code in (200, 202)
    one_run_came_of_it(airlock, {reply.json()["id"]})
    return was_cut or bool(reply.raw.retries.history)


def _posted(session: requests.Session, url: str, headers: dict[str, str]) -> tuple[requests.Response, bool]:
    """The reply, and whether one was cut in its body, which no library tries again: so the client does."""
    told: dict[str, Any] = {"headers": {**headers, "Idempotency-Key": "one"}, "files": {"files": ("large.txt", LARGE)}}
    try:
        return session.post(url, **told), False
    except requests.exceptions.ChunkedEncodingError:
        return session.post(url, **told), True
