"""Events from a real web server: another process makes the changes, and whoever waits leaves threads for the others."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

import httpx
import pytest

from tests import loopback
from tests.airlock import Airlock
from tests.deployment.api.v1.event_reading import events, kinds, told
from tests.deployment.api.wire import hold_slot, release_slot
from tests.eventually import eventually
from tests.launcher.launched import Launched

SEATS = 12
"""Of the 16 threads that there are."""


@pytest.fixture(scope="module")
def caller(new_caller: Callable[..., Airlock]) -> Airlock:
    return new_caller()


@pytest.fixture
def client(installation: Launched, caller: Airlock) -> Iterator[httpx.Client]:
    with loopback.Client(base_url=installation.url, headers=caller.headers, timeout=20) as client:
        yield client


@pytest.fixture
def held(caller: Airlock) -> Iterator[UUID]:
    """A run on which nobody works."""
    execution_id = hold_slot(caller)
    yield execution_id
    release_slot(caller, execution_id)


@contextmanager
def following(client: httpx.Client, execution_id: UUID) -> Iterator[httpx.Response]:
    with client.stream("GET", f"/v1/executions/{execution_id}/events") as reply:
        yield reply


def test_each_change_is_told_as_it_is_made_and_the_stream_ends(client: httpx.Client, caller: Airlock) -> None:
    execution_id = hold_slot(caller)
    with following(client, execution_id) as reply:
        found = events(reply.iter_lines())
        assert next(found).data["status"] == "PENDING"
        release_slot(caller, execution_id)
        assert kinds(found) == ["execution", "end"]


def test_curl_shows_the_events_of_a_run_that_a_worker_does(installation: Launched, caller: Airlock) -> None:
    with loopback.Client(headers=caller.headers) as client:
        files = [("files", ("hello.txt", b"Hello, world."))] * 2
        message = client.post(installation.url + caller.path, files=files).json()["message"]
    url = f"{installation.url}/v1/executions/{message['execution_id']}/events"
    command = ["curl", "-sSN", "--max-time", "30", "-H", f"Authorization: Bearer {caller.key}", url]
    try:
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        pytest.skip("there is no curl")
    assert told(shown)[-1].data == {"id": message["execution_id"], "status": "COMPLETED"}


def test_streams_leave_threads_for_others_and_those_that_are_cut_give_them_back(
    client: httpx.Client, caller: Airlock, held: UUID
) -> None:
    def refused() -> bool:
        with following(client, held) as reply:
            return reply.status_code == 503

    with ExitStack() as streams:
        for _ in range(SEATS):
            assert streams.enter_context(following(client, held)).status_code == 200
        assert refused()
        assert client.get("/healthz").status_code == 200
        assert client.get(f"/v1/executions/{held}").json()["status"] == "PENDING"
    caller.parts.wakeups.publish([held])  # else it looks by itself, a moment later
    eventually(lambda: not refused())
