"""How other rescuers have failed: one that meets an error, is not the owner, or heals the status alone (part C)."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from redis import Redis

from deployment.clock import utcnow
from deployment.models import Execution, ExecutionFile
from deployment.reconcile import reconcile, rescue
from tests.airlock import HELLO, Airlock
from tests.faults.boundaries import in_child
from tests.sabotage import BeforePut, replace_parts
from tests.servers.tcp_proxy import TcpProxy

NewApp = Callable[..., Flask]


def expire(airlock: Airlock, run: Execution) -> None:
    """The leases of a run and of its files are over."""
    over = utcnow() - timedelta(minutes=1)
    airlock.swap(Execution, run.id, lease_expires_at=over)
    for file in run.files:
        airlock.swap(ExecutionFile, file.id, lease_expires_at=over)


def held_by_a_dead_worker(airlock: Airlock) -> Execution:
    """A run whose file a worker has claimed, and which was killed before it began."""
    execution_id = airlock.accept()

    def claim_and_die() -> None:
        os.fork = lambda: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment,return-value]
        airlock.work()

    assert in_child(claim_and_die, airlock.parts.forget_connections) == signal.SIGKILL
    run = next(run for run in airlock.rows() if run.id == execution_id)
    assert run.status == "EXECUTING"
    return airlock.run(execution_id)


def test_c2_a_pass_that_meets_an_error_forgets_no_row(
    new_app: NewApp, postgres_proxy: TcpProxy, redis_url: str
) -> None:
    airlock = Airlock(new_app(database_url=postgres_proxy.url, redis_url=redis_url))
    run = held_by_a_dead_worker(airlock)
    expire(airlock, run)
    trap = postgres_proxy.lose_request(b"UPDATE execution_file")
    rescue(airlock.parts)
    assert trap.sprung
    expire(airlock, run)
    rescue(airlock.parts)
    airlock.work()
    assert airlock.run(run.id).status == "COMPLETED"


def test_c3_anyone_rescues_the_run_of_anyone(new_app: NewApp, database_url: str, redis_url: str) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url))
    run = held_by_a_dead_worker(airlock)
    expire(airlock, run)
    elsewhere = Airlock(new_app(database_url=database_url, redis_url=redis_url), organization="elsewhere")
    rescue(elsewhere.parts)
    airlock.work()
    assert airlock.run(run.id).status == "COMPLETED"


def test_c4_c11_a_worker_whose_record_is_gone_or_looks_alive_is_judged_by_its_lease(
    airlock: Airlock, redis_url: str
) -> None:
    gone, alive = held_by_a_dead_worker(airlock), held_by_a_dead_worker(airlock)
    with Redis.from_url(redis_url) as redis:
        redis.delete(f"rq:worker:{gone.files[0].worker}")
        assert redis.exists(f"rq:worker:{alive.files[0].worker}"), "RQ believes in it for a while"
    for run in (gone, alive):
        expire(airlock, run)
    rescue(airlock.parts)
    airlock.work()
    assert [airlock.run(run.id).status for run in (gone, alive)] == ["COMPLETED", "COMPLETED"]


def test_c9_a_rescue_frees_the_slot_and_deletes_the_objects(new_app: NewApp, database_url: str, redis_url: str) -> None:
    app = new_app(database_url=database_url, redis_url=redis_url, org_concurrency=1, cleanup_grace=0)
    airlock = Airlock(app)
    real = airlock.parts.store

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    replace_parts(app, store=BeforePut(real, die, nth=2))
    assert in_child(lambda: airlock.post([HELLO, HELLO]), airlock.parts.forget_connections) == signal.SIGKILL
    replace_parts(app, store=real)
    (run,) = airlock.rows()
    assert len(airlock.inputs(run.id)) == 1
    assert airlock.post().status_code == 429
    airlock.swap(Execution, run.id, lease_expires_at=utcnow() - timedelta(minutes=1))
    reconcile(airlock.parts)
    assert airlock.run(run.id).status == "ERROR"
    assert airlock.inputs(run.id) == []
    airlock.accept()


def test_b11_a_result_whose_reply_was_lost_is_read_again(airlock: Airlock) -> None:
    execution_id = airlock.accept()
    airlock.work()
    first = airlock.get(execution_id)
    assert first.status_code == 200
    assert airlock.get(execution_id).get_json() == first.get_json()
