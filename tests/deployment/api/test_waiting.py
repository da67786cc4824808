"""Callers that wait leave threads for the others: one too many is told at once how its run stands."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from deployment.api.waiting import WaitingRoom, room_of
from tests.airlock import Airlock
from tests.deployment.api.wire import sealed, well_formed
from tests.eventually import eventually

LONG = "300"


@pytest.fixture
def room(airlock: Airlock) -> WaitingRoom:
    return room_of(airlock.app)


@pytest.fixture
def full(room: WaitingRoom) -> Iterator[WaitingRoom]:
    """A room in which no seat is free."""
    taken = [room.take() for _ in range(room.seats)]
    assert all(taken)
    yield room
    for _ in taken:
        room.leave()


@pytest.mark.parametrize(("threads", "seats"), [(1, 0), (2, 1), (4, 3), (5, 3), (16, 12), (1000, 750)])
def test_a_quarter_of_the_threads_and_one_at_least_stays_free(threads: int, seats: int) -> None:
    room = WaitingRoom(threads)
    assert [room.take() for _ in range(seats + 1)] == [True] * seats + [False]


@pytest.mark.usefixtures("full")
def test_one_too_many_is_told_at_once_how_its_run_stands_and_when_to_ask_again(airlock: Airlock) -> None:
    reply = airlock.post(timeout=LONG)
    assert (reply.status_code, reply.headers["Retry-After"]) == (200, "5")
    assert reply.get_json()["message"]["execution_status"] == "PENDING"


@pytest.mark.usefixtures("full")
def test_one_too_many_that_sends_its_request_again_is_told_so_too(airlock: Airlock) -> None:
    airlock.client.environ_base["HTTP_IDEMPOTENCY_KEY"] = "again"
    first, again = airlock.post(timeout=LONG), airlock.post(timeout=LONG)
    assert (again.headers["Idempotent-Replayed"], again.headers["Retry-After"]) == ("true", "5")
    assert again.get_json() == first.get_json()
    airlock.work_here(sealed(airlock).id)
    ended = airlock.post(timeout=LONG)
    assert ended.get_json()["message"]["execution_status"] == "COMPLETED"
    assert "Retry-After" not in ended.headers


@pytest.mark.usefixtures("full")
def test_who_waits_for_files_to_be_fetched_is_refused_before_there_is_a_run(airlock: Airlock) -> None:
    urls = {"presigned_urls": ["https://s3.amazonaws.com/b/k.txt"]}
    reply = airlock.client.post(airlock.path, json=urls, headers=airlock.headers)
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
    assert well_formed(reply)["errors"][0]["code"] == "too_many_waiting"
    assert airlock.rows() == []


@pytest.mark.usefixtures("full")
def test_who_does_not_wait_needs_no_seat(airlock: Airlock) -> None:
    assert "Retry-After" not in airlock.post().headers


def test_a_seat_is_held_while_its_caller_waits_and_no_longer(airlock: Airlock, room: WaitingRoom) -> None:
    for _ in range(room.seats - 1):
        assert room.take()
    with ThreadPoolExecutor(1) as callers:
        waiting = callers.submit(airlock.post, timeout=LONG)
        execution_id = sealed(airlock).id
        eventually(lambda: room.taken == room.seats)
        assert "Retry-After" in Airlock(airlock.app, name="other").post(timeout=LONG).headers
        airlock.work_here(execution_id)
        assert waiting.result().get_json()["message"]["execution_status"] == "COMPLETED"
    for _ in range(room.seats - 1):
        room.leave()
    assert [room.take() for _ in range(room.seats)] == [True] * room.seats
    for _ in range(room.seats):
        room.leave()


def test_a_caller_that_has_hung_up_is_waited_for_no_more(airlock: Airlock) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        airlock.client.environ_base["gunicorn.socket"] = ours  # type: ignore[assignment]
        assert airlock.post(timeout=LONG).get_json()["message"]["execution_status"] == "PENDING"


def test_a_process_that_is_to_go_lets_its_waiting_callers_go(
    airlock: Airlock, room: WaitingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "is_open", lambda: False)
    assert airlock.post(timeout=LONG).get_json()["message"]["execution_status"] == "PENDING"
