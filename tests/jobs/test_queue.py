"""The dispatcher on a real Valkey: each ticket once, ids only, and nothing that a reader could trip over."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis
from rq.job import Job

from deployment.dispatch import Ticket
from jobs.connections import dispatching
from jobs.queue import RqDispatcher
from tests.servers.tcp_proxy import TcpProxy

QUEUE = "rq:queue:airlock"


@pytest.fixture
def ticket() -> Ticket:
    return Ticket(uuid4(), uuid4(), attempt=3, dispatch=7)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, decode_responses=False) as client:
        yield client


@pytest.fixture
def dispatcher(redis_url: str) -> Iterator[RqDispatcher]:
    dispatcher = RqDispatcher(dispatching(redis_url))
    yield dispatcher
    dispatcher.close()


def test_a_job_is_named_after_its_file_attempt_and_dispatch(
    dispatcher: RqDispatcher, ticket: Ticket, client: redis.Redis
) -> None:
    dispatcher.enqueue([ticket])
    assert client.lrange(QUEUE, 0, -1) == [f"{ticket.file_id}-a3-d7".encode()]


def test_a_job_holds_ids_as_json_and_nothing_of_the_caller(
    dispatcher: RqDispatcher, ticket: Ticket, client: redis.Redis
) -> None:
    dispatcher.enqueue([ticket])
    job: Any = client.hgetall(Job.key_for(ticket.job_id))
    called = json.loads(zlib.decompress(job[b"data"]))
    assert called == ["jobs.tasks.run_file", None, [str(ticket.execution_id), str(ticket.file_id), 3, 7], {}]
    assert job[b"timeout"] == b"-1"
    assert job[b"description"].decode() == ticket.job_id


def test_a_ticket_that_is_enqueued_twice_stands_in_the_queue_once(
    dispatcher: RqDispatcher, ticket: Ticket, client: redis.Redis
) -> None:
    dispatcher.enqueue([ticket, ticket])
    dispatcher.enqueue([ticket])
    assert client.llen(QUEUE) == 1


def test_a8_an_enqueue_whose_reply_is_lost_puts_one_job_on_the_queue_and_a_second_try_is_accepted(
    redis_proxy: TcpProxy, ticket: Ticket, client: redis.Redis
) -> None:
    dispatcher, first = RqDispatcher(dispatching(redis_proxy.url)), Ticket(uuid4(), uuid4(), 1, 1)
    dispatcher.enqueue([first])  # the server knows RQ's script from now on
    trap = redis_proxy.lose_reply(b"EVALSHA")
    with pytest.raises(redis.ConnectionError):
        dispatcher.enqueue([ticket])
    assert trap.sprung
    dispatcher.enqueue([ticket])
    dispatcher.close()
    assert client.lrange(QUEUE, 0, -1) == [first.job_id.encode(), ticket.job_id.encode()]


def test_only_tickets_in_the_list_stand_in_the_queue(
    dispatcher: RqDispatcher, ticket: Ticket, client: redis.Redis
) -> None:
    other = Ticket(uuid4(), uuid4(), 1, 1)
    dispatcher.enqueue([ticket, other])
    client.lmove(QUEUE, f"{QUEUE}:intermediate")
    assert dispatcher.in_queue([ticket, other]) == [False, True]


def test_a_cancelled_ticket_leaves_nothing_behind(
    dispatcher: RqDispatcher, ticket: Ticket, client: redis.Redis
) -> None:
    dispatcher.enqueue([ticket])
    dispatcher.cancel([ticket, ticket])
    assert client.llen(QUEUE) == 0
    assert not client.exists(Job.key_for(ticket.job_id))
