"""Faults before the dispatch (part A of the faults): the bug that this project began with, and its whole class.

Each looks from outside: the reply, the row and its log, the queue, the slot, the objects.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection
from werkzeug.test import TestResponse

from deployment.clock import utcnow
from deployment.models import Execution
from deployment.reconcile import reconcile
from tests.airlock import HELLO, Airlock
from tests.eventually import eventually
from tests.sabotage import AroundEnqueue, BeforePut, raising, replace_parts
from tests.servers.postgres import Postgres
from tests.servers.s3_proxy import S3Proxy
from tests.servers.tcp_proxy import TcpProxy
from tests.servers.valkey import Valkey

NewApp = Callable[..., Flask]
TWO = [("a.txt", b"first"), ("b.txt", b"second")]
CLEANUPS = ("DELETE", "POST ?delete")


@pytest.fixture
def on_s3(new_app: NewApp, database_url: str, redis_url: str, s3_faults: S3Proxy) -> Airlock:
    """A deployment with one slot, whose objects go through the fault proxy."""
    app = new_app(
        database_url=database_url,
        redis_url=redis_url,
        storage_url=s3_faults.url,
        org_concurrency=1,
        cleanup_grace=0.2,
    )
    return Airlock(app)


def failed(airlock: Airlock, reply: TestResponse, reason: str) -> Execution:
    """See that `reply`, the row, GET and the log all tell of an ERROR with `reason`, and that nothing is queued."""
    assert reply.status_code == 422, reply.text
    message = reply.get_json()["message"]
    assert message["execution_status"] == "ERROR"
    assert reason in message["error"]
    run = airlock.run(UUID(message["execution_id"]))
    assert (run.status, run.error, run.lease_expires_at) == ("ERROR", message["error"], None)
    told = airlock.get(run.id)
    assert (told.status_code, told.get_json()["error"]) == (422, run.error)
    assert any(reason in line for line in airlock.log(run.id))
    assert airlock.tickets() == []
    return run


def cleaned_up(airlock: Airlock, run: Execution) -> bool:
    """Reconcile once; whether the run has no objects and no cleanup that is due."""
    reconcile(airlock.parts)
    return airlock.inputs(run.id) == [] and airlock.run(run.id).cleanup_due_at is None


def test_a1_a_403_while_staging_and_cleaning_ends_the_run_and_frees_the_slot(
    on_s3: Airlock, s3_faults: S3Proxy
) -> None:
    s3_faults.deny("PUT", nth=2)
    s3_faults.deny(*CLEANUPS)
    run = failed(on_s3, on_s3.post(TWO), "AccessDenied")
    assert len(on_s3.inputs(run.id)) == 1
    assert reconcile(on_s3.parts)["cleaned_up"] == 0
    s3_faults.allow()
    on_s3.accept()  # the only slot
    eventually(lambda: cleaned_up(on_s3, run))


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("fault", ["reset", "503"])
def test_a2_a_storage_that_fails_at_the_nth_file_leaves_nothing_behind(
    on_s3: Airlock, s3_faults: S3Proxy, fault: str, nth: int
) -> None:
    if fault == "reset":
        s3_faults.reset("PUT", nth=nth)
    else:
        s3_faults.answer(503, "PUT", code="SlowDown", nth=nth)
    run = failed(on_s3, on_s3.post(TWO), "storage" if fault == "reset" else "SlowDown")
    assert on_s3.inputs(run.id) == []
    eventually(lambda: cleaned_up(on_s3, run))


@pytest.mark.parametrize("error", [SystemExit("worker abort"), KeyboardInterrupt("Ctrl-C")])
def test_a4_an_interrupt_while_staging_is_marked_undone_and_raised(airlock: Airlock, error: BaseException) -> None:
    replace_parts(airlock.app, store=BeforePut(airlock.parts.store, raising(error), nth=2))
    with pytest.raises(type(error)):
        airlock.post(TWO)
    (run,) = airlock.rows()
    assert (run.status, run.error) == ("ERROR", f"{type(error).__name__}: {error}")
    assert airlock.inputs(run.id) == []
    assert airlock.tickets() == []


def test_a5_a_run_that_cannot_be_marked_ends_with_the_real_reason_when_the_database_is_back(
    new_app: NewApp, postgres_proxy: TcpProxy, redis_url: str
) -> None:
    airlock = Airlock(new_app(database_url=postgres_proxy.url, redis_url=redis_url))
    with_database_gone = BeforePut(airlock.parts.store, _gone(postgres_proxy, "disk is on fire"), nth=2)
    replace_parts(airlock.app, store=with_database_gone)
    reply = airlock.post(TWO)
    message = reply.get_json()["message"]
    assert (reply.status_code, message["error"]) == (422, "OSError: disk is on fire")
    execution_id = UUID(message["execution_id"])
    assert airlock.inputs(execution_id) == []
    postgres_proxy.accept()
    assert airlock.rows()[0].status == "PENDING"
    _expire(airlock, execution_id)
    reconcile(airlock.parts)
    failed(airlock, reply, "OSError: disk is on fire")


def test_a5_a_run_that_could_not_be_sealed_is_not_called_a_failure_until_its_row_says_so(
    new_app: NewApp, postgres_proxy: TcpProxy, redis_url: str
) -> None:
    airlock = Airlock(new_app(database_url=postgres_proxy.url, redis_url=redis_url))
    replace_parts(airlock.app, store=BeforePut(airlock.parts.store, lambda: _take_away(postgres_proxy)))
    reply = airlock.post()
    message = reply.get_json()["message"]
    assert (reply.status_code, message["execution_status"]) == (422, "PENDING"), "nobody can know yet: no promise"
    assert "Its status will tell" in message["error"]
    execution_id = UUID(message["execution_id"])
    postgres_proxy.accept()
    _expire(airlock, execution_id)
    reconcile(airlock.parts)
    run = airlock.run(execution_id)
    assert run.status == "ERROR"
    assert (run.error or "").startswith("OperationalError")
    assert airlock.get(execution_id).status_code == 422


def test_a7_a_queue_that_is_down_fails_the_run_and_undoes_it(
    new_app: NewApp, database_url: str, own_valkey: Valkey
) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=own_valkey.url))
    own_valkey.kill()
    reply = airlock.post()
    own_valkey.restart()
    run = failed(airlock, reply, "ConnectionError")
    assert airlock.inputs(run.id) == []


def test_a8_a_job_that_got_in_although_enqueueing_raised_is_never_run_beside_an_error(
    new_app: NewApp, database_url: str, redis_proxy: TcpProxy
) -> None:
    app = new_app(
        database_url=database_url, redis_url=redis_proxy.url, key_requests_per_minute=0
    )  # it has scripts, too
    airlock = Airlock(app)
    airlock.accept()  # the server knows RQ's script from now on
    airlock.work()
    trap = redis_proxy.lose_reply(b"EVALSHA")
    reply = airlock.post()
    assert trap.sprung
    assert len(airlock.tickets()) == 1, "the job is in the queue"
    airlock.work()
    run = failed(airlock, reply, "ConnectionError")
    assert not run.started_at
    assert airlock.inputs(run.id) == []


def test_a8_a_worker_that_claims_before_the_mark_keeps_the_run(airlock: Airlock) -> None:
    def run_then_fail() -> None:
        airlock.work()
        raise ConnectionError("the reply was lost")

    replace_parts(airlock.app, dispatcher=AroundEnqueue(airlock.parts.dispatcher, after=run_then_fail))
    execution_id = airlock.accept()
    done = airlock.get(execution_id)
    assert (done.status_code, done.get_json()["status"]) == (200, "COMPLETED")


def test_a9_a_failure_after_the_dispatch_touches_nothing(
    new_app: NewApp, postgres_proxy: TcpProxy, redis_url: str
) -> None:
    airlock = Airlock(new_app(database_url=postgres_proxy.url, redis_url=redis_url))
    gone = AroundEnqueue(airlock.parts.dispatcher, after=lambda: _take_away(postgres_proxy))
    replace_parts(airlock.app, dispatcher=gone)
    execution_id = airlock.accept(timeout=5)  # waiting for the end is what fails
    postgres_proxy.accept()
    assert len(airlock.inputs(execution_id)) == 1
    airlock.work()
    assert airlock.get(execution_id).get_json()["status"] == "COMPLETED"


def test_a10_marking_needs_nothing_of_the_pool_that_the_request_has_exhausted(airlock: Airlock) -> None:
    taken: list[Connection] = []

    def exhaust() -> None:
        engine = airlock.parts.database.engine
        taken.extend(engine.connect() for _ in range(engine.pool.size() + engine.pool._max_overflow))  # type: ignore[attr-defined]
        raise OSError("staging failed")

    replace_parts(airlock.app, store=BeforePut(airlock.parts.store, exhaust))
    reply = airlock.post()
    for connection in taken:
        connection.close()
    failed(airlock, reply, "OSError: staging failed")


def test_a10_marking_waits_for_a_row_that_someone_holds_locked(
    new_app: NewApp, postgres: Postgres, postgres_url: str, redis_url: str
) -> None:
    airlock = Airlock(new_app(database_url=postgres_url, redis_url=redis_url))
    with closing(postgres.connect(postgres_url.rpartition("/")[2])) as holder:

        def lock() -> None:
            holder.execute("SET idle_in_transaction_session_timeout = 500")  # the server ends it, and the lock with it
            holder.execute("BEGIN; SELECT id FROM execution FOR UPDATE")
            raise OSError("staging failed")

        replace_parts(airlock.app, store=BeforePut(airlock.parts.store, lock))
        reply = airlock.post()
    failed(airlock, reply, "OSError: staging failed")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(""), "OSError"),
        (OSError("x" * 5000), "x" * 5000),
        (OSError("PUT https://k:hunter2@host/?X-Amz-Signature=abc failed"), "failed"),
        (OSError("a NUL \x00 in the middle"), "in the middle"),
    ],
    ids=["empty", "huge", "secret", "NUL"],
)
def test_a13_a_reason_is_never_empty_is_whole_and_tells_no_secret(
    airlock: Airlock, error: Exception, reason: str
) -> None:
    replace_parts(airlock.app, store=BeforePut(airlock.parts.store, raising(error)))
    run = failed(airlock, airlock.post(), reason)
    assert "hunter2" not in f"{run.error}{airlock.log(run.id)}"
    assert "Signature=abc" not in f"{run.error}{airlock.log(run.id)}"


def test_what_someone_else_decided_while_staging_is_what_the_caller_is_told(airlock: Airlock) -> None:
    def abandon() -> None:
        (run,) = airlock.rows()
        _expire(airlock, run.id)
        reconcile(airlock.parts)

    replace_parts(airlock.app, store=BeforePut(airlock.parts.store, abandon, nth=2))
    reply = airlock.post([HELLO, HELLO])
    failed(airlock, reply, "abandoned_before_dispatch")


def _take_away(proxy: TcpProxy) -> None:
    proxy.refuse()
    proxy.cut()


def _gone(proxy: TcpProxy, message: str) -> Callable[[], Any]:
    def act() -> None:
        _take_away(proxy)
        raise OSError(message)

    return act


def _expire(airlock: Airlock, execution_id: UUID) -> None:
    airlock.swap(Execution, execution_id, lease_expires_at=utcnow() - timedelta(minutes=1))
