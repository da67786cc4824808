"""A run as server-sent events: how it stands, each change, its end; and again from there for who comes back."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from deployment import executions
from deployment.api.v1 import events as stream
from deployment.api.waiting import room_of
from deployment.stop import stop
from tests.airlock import HELLO, Airlock
from tests.deployment.api.v1.event_reading import Event, kinds, told
from tests.deployment.api.v1.test_show import claim_first
from tests.eventually import eventually
from tests.servers.postgres import Postgres

Next = Callable[[], list[Event]]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream looks at once, and says so."""
    monkeypatch.setattr(stream, "KEEP_ALIVE_SECONDS", 0)
    monkeypatch.setattr(executions, "FOLLOW_SECONDS", 0.01)


def ask(airlock: Airlock, execution_id: UUID, last_id: str = "", environ: dict[str, Any] | None = None) -> TestResponse:
    headers = {**airlock.headers, "Last-Event-ID": last_id}
    return airlock.client.get(f"/v1/executions/{execution_id}/events", headers=headers, environ_overrides=environ)


def whole(airlock: Airlock, execution_id: UUID, environ: dict[str, Any] | None = None) -> list[Event]:
    """All events of a stream that ends by itself."""
    with ask(airlock, execution_id, environ=environ) as reply:
        return told(reply.get_data(as_text=True))


@contextmanager
def following(airlock: Airlock, execution_id: UUID, last_id: str = "") -> Iterator[Next]:
    """Asks for events; the function waits for the next piece of the stream, which is empty at its end."""
    with ask(airlock, execution_id, last_id) as reply:
        assert reply.mimetype == "text/event-stream"
        pieces = iter(reply.iter_encoded())
        assert next(pieces).startswith(b"retry:")
        yield lambda: told(next(pieces, b"").decode())


def test_it_begins_with_the_state_and_tells_each_change_and_the_end(airlock: Airlock) -> None:
    execution_id = airlock.accept([HELLO] * 3)
    with following(airlock, execution_id) as pieces:
        (state,) = pieces()
        assert state.kind == "state"
        whole = airlock.client.get(f"/v1/executions/{execution_id}", headers=airlock.headers).get_json()
        del whole["links"]
        assert state.data == whole
        claim_first(airlock, execution_id)
        file, run = pieces()
        assert (file.kind, file.data["ordinal"], file.data["status"]) == ("file", 0, "EXECUTING")
        assert (run.kind, run.data["status"], run.data["progress"]["executing"]) == ("execution", "EXECUTING", 1)
        assert "files" not in run.data
        stop(airlock.parts, execution_id, by="test")
        last = pieces()
        assert kinds(last) == ["file"] * 3 + ["execution", "end"]
        assert last[-1].data == {"id": str(execution_id), "status": "STOPPED"}
        assert pieces() == []


def test_a_run_that_has_ended_is_told_at_once(airlock: Airlock) -> None:
    execution_id = airlock.accept()
    airlock.work_here(execution_id)
    assert kinds(whole(airlock, execution_id)) == ["state", "end"]


def test_who_comes_back_after_a_change_is_told_how_the_run_stands_now(airlock: Airlock) -> None:
    """The mark is made of the state alone: any process knows it, and so does the next one after a restart."""
    execution_id = airlock.accept()
    with following(airlock, execution_id) as pieces:
        seen = pieces()[-1].id or ""
    claim_first(airlock, execution_id)
    with following(airlock, execution_id, seen) as pieces:
        (state,) = pieces()
    assert (state.kind, state.data["status"]) == ("state", "EXECUTING")


@pytest.mark.usefixtures("hasty")
def test_who_has_the_state_is_told_only_the_change(airlock: Airlock) -> None:
    execution_id = airlock.accept([HELLO] * 2)
    with following(airlock, execution_id) as pieces:
        seen = pieces()[-1].id or ""
    with following(airlock, execution_id, seen) as pieces:
        assert pieces() == [], "a comment, since nothing has changed"
        claim_first(airlock, execution_id)
        assert kinds(eventually(pieces, what="more than comments")) == ["file", "execution"]


def test_only_the_last_of_several_events_has_an_id(airlock: Airlock) -> None:
    """Who is cut off in the middle of them comes back with the mark of before, and misses nothing."""
    execution_id = airlock.accept()
    airlock.work_here(execution_id)
    assert [bool(event.id) for event in whole(airlock, execution_id)] == [False, True]


def test_who_has_seen_the_end_need_not_come_back(airlock: Airlock) -> None:
    execution_id = airlock.accept()
    airlock.work_here(execution_id)
    seen = whole(airlock, execution_id)[-1].id or ""
    reply = ask(airlock, execution_id, seen)
    assert (reply.status_code, reply.data) == (204, b"")


@pytest.mark.usefixtures("hasty")
def test_a_silent_stream_is_kept_alive_by_comments(airlock: Airlock) -> None:
    with ask(airlock, airlock.accept()) as reply:
        pieces = iter(reply.iter_encoded())
        assert [next(pieces).decode()[:6] for _ in range(3)] == ["retry:", "event:", ":\n\n"]


def test_one_too_many_is_503_and_a_stream_that_is_closed_gives_its_seat_back(airlock: Airlock) -> None:
    execution_id, room = airlock.accept(), room_of(airlock.app)
    streams = [ask(airlock, execution_id) for _ in range(room.seats)]
    refused = ask(airlock, execution_id)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert refused.get_json()["errors"][0]["code"] == "too_many_waiting"
    assert airlock.get(execution_id).status_code == 422, "who does not wait is answered"
    for each in streams:
        each.close()
    with ask(airlock, execution_id) as reply:
        assert reply.status_code == 200


def test_a_caller_that_has_hung_up_is_told_no_more(airlock: Airlock) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        assert kinds(whole(airlock, airlock.accept(), {"gunicorn.socket": ours})) == ["state"]


def test_b5_a_database_that_goes_away_ends_the_stream_without_an_end(
    new_app: Callable[..., Flask], own_postgres: Postgres, redis_url: str
) -> None:
    airlock = Airlock(new_app(database_url=own_postgres.url(), redis_url=redis_url))
    with following(airlock, airlock.accept()) as pieces:
        assert kinds(pieces()) == ["state"]
        own_postgres.kill()
        assert pieces() == []
