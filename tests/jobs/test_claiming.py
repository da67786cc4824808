"""Claiming: before the fork, in one transaction, on a connection that does not cross it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from unittest import mock
from uuid import uuid4

import psutil
import pytest
from rq import Queue
from rq.registry import FailedJobRegistry

from deployment.claims import AWAY, Claims
from deployment.dispatch import Ticket
from deployment.models import ExecutionFile
from deployment.stop import stop
from jobs.connections import working
from tests.eventually import eventually
from tests.jobs.stage import Stage
from tests.servers.postgres import Postgres
from tests.servers.tcp_proxy import TcpProxy

NewStage = Callable[..., Stage]


def leftovers(stage: Stage) -> dict[str, Any]:
    """What RQ still knows of jobs."""
    with working(stage.app.config["AIRLOCK"].redis_url) as redis:
        queue = Queue("airlock", connection=redis)
        return {
            "queued": queue.get_job_ids(),
            "popped": queue.intermediate_queue.get_job_ids(),
            "failed": FailedJobRegistry(queue=queue).get_job_ids(cleanup=False),
            "hashes": [key for key in redis.keys("rq:job:*") if redis.type(key) == b"hash"],
        }


NOTHING: dict[str, Any] = {"queued": [], "popped": [], "failed": [], "hashes": []}


@pytest.mark.parametrize("unwanted", ["stopped", "a later attempt", "no row", "not ours"])
def test_a_job_whose_row_does_not_want_it_is_dropped_in_silence(stage: Stage, unwanted: str) -> None:
    run = stage.accept([stage.act("note")])
    if unwanted == "stopped":
        with mock.patch.object(stage.parts.dispatcher, "cancel"):
            stop(stage.parts, run, by="the test")
    elif unwanted == "a later attempt":
        stage.swap(ExecutionFile, stage.file(run).id, attempt=1)
    else:
        stage.parts.dispatcher.cancel([Ticket(run, stage.file(run).id, 1, 1)])
        stage.parts.dispatcher.enqueue([Ticket(uuid4(), uuid4(), 1, 1)])
    if unwanted == "not ours":
        stage.work()
        with working(stage.app.config["AIRLOCK"].redis_url) as redis:
            Queue("airlock", connection=redis).enqueue("os.getpid")
    stage.work()
    assert leftovers(stage) == NOTHING
    assert stage.pids() == []


def test_a_duplicate_ticket_dies_at_the_claim(stage: Stage) -> None:
    run = stage.accept([stage.act("note")])
    stage.parts.dispatcher.enqueue([Ticket(run, stage.file(run).id, 1, dispatch=2)])
    stage.work()
    assert len(stage.pids()) == 1
    assert stage.stored(run).status == "COMPLETED"


def test_a_claim_whose_reply_is_lost_is_ours_at_the_second_try(
    new_stage: NewStage, postgres_proxy: TcpProxy, redis_url: str
) -> None:
    stage = new_stage(database_url=postgres_proxy.url, redis_url=redis_url)
    run = stage.accept([stage.act("work")])
    claims, ticket = Claims(stage.parts, worker="me"), Ticket(run, stage.file(run).id, 1, 1)
    trap = postgres_proxy.lose_reply(b"COMMIT")
    with pytest.raises(AWAY):
        claims.claim(ticket)
    assert trap.sprung
    assert claims.claim(ticket) is not None
    assert Claims(stage.parts, worker="another").claim(ticket) is None
    assert stage.file(run).attempt == 1


def test_a_database_that_is_away_at_the_claim_costs_neither_the_ticket_nor_an_attempt(
    new_stage: NewStage, postgres_proxy: TcpProxy, redis_url: str
) -> None:
    stage = new_stage(database_url=postgres_proxy.url, redis_url=redis_url, lease_seconds=60)
    runs = [stage.accept([stage.act("work")]) for _ in range(3)]
    postgres_proxy.refuse()
    with stage.worker():
        eventually(lambda: leftovers(stage)["popped"], what="the worker to pop a ticket")
        assert len(leftovers(stage)["queued"]) == 2
        postgres_proxy.accept()
        ended = [stage.ended(run, rescue=False) for run in runs]
    assert [(run.status, run.files[0].attempt, run.files[0].losses) for run in ended] == [("COMPLETED", 1, 0)] * 3


def test_no_database_connection_crosses_the_fork_on_postgres(
    new_stage: NewStage, postgres: Postgres, postgres_url: str, redis_url: str
) -> None:
    stage = new_stage(database_url=postgres_url, redis_url=redis_url, lease_seconds=60)
    run = stage.accept([stage.act("hold")])
    with stage.worker() as worker:
        horse = stage.begun()
        eventually(lambda: ports(worker.pid, postgres.port), what="the worker to look at its lease")
        shared = ports(worker.pid, postgres.port) & ports(horse, postgres.port)
        assert shared == set()
        stage.go()
        assert stage.ended(run, rescue=False).status == "COMPLETED"
        eventually(lambda: not ports(worker.pid, postgres.port), what="the worker to close its connection")


def test_no_database_connection_crosses_the_fork_on_sqlite(sqlite_stage: Stage) -> None:
    files: list[set[str]] = []
    run = sqlite_stage.accept([sqlite_stage.act("work")])
    sqlite_stage.parts.database.dispose()
    sqlite_stage.parts.ledger.database.dispose()
    fork, before = os.fork, opened(os.getpid())  # a shared installation of other tests may be open, too

    def watched_fork() -> int:
        files.append(opened(os.getpid()) - before)
        return fork()

    with mock.patch("os.fork", watched_fork):
        sqlite_stage.work()
    assert files == [set()]
    assert sqlite_stage.stored(run).status == "COMPLETED"


def test_the_app_is_made_once_and_not_again_by_the_work_horse(sqlite_stage: Stage) -> None:
    run = sqlite_stage.accept([sqlite_stage.act("work")])
    with mock.patch("app.create_app", side_effect=AssertionError("made again")):
        sqlite_stage.work()
    assert sqlite_stage.stored(run).status == "COMPLETED"


def opened(pid: int) -> set[str]:
    """The files of a SQLite database that a process has open."""
    return {file.path for file in psutil.Process(pid).open_files() if "airlock.db" in file.path}


def ports(pid: int, port: int) -> set[int]:
    """The local ports of a process's connections to a server."""
    return {
        end.laddr.port
        for end in psutil.Process(pid).net_connections("tcp")
        if end.raddr and end.raddr.port == port and end.status == psutil.CONN_ESTABLISHED
    }
