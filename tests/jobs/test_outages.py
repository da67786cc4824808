"""Redis and the database away for a while, in every state of a file (faults B4, B5): everything resumes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Event
from unittest import mock

import pytest

from deployment.clock import utcnow
from deployment.models import ExecutionFile
from deployment.reconcile import reconcile, rescue
from jobs import connections, patient_worker
from jobs.patient_worker import PatientWorker
from tests.eventually import eventually
from tests.jobs.stage import Stage, gone
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey

NewStage = Callable[..., Stage]


@pytest.fixture
def queue_stage(new_stage: NewStage, sqlite_url: str, own_valkey: Valkey) -> Stage:
    """A stage whose queue may be taken away."""
    return new_stage(database_url=sqlite_url, redis_url=own_valkey.url, lease_seconds=4)


@contextmanager
def away(valkey: Valkey, *, keep_data: bool) -> Iterator[None]:
    valkey.kill()
    yield
    valkey.restart(keep_data=keep_data)


@pytest.mark.parametrize("keep_data", [True, False], ids=["kept", "lost"])
def test_b4_b5_redis_is_away_while_one_file_is_worked_on_and_others_wait(
    queue_stage: Stage, own_valkey: Valkey, keep_data: bool
) -> None:
    first = queue_stage.accept([queue_stage.act("hold"), *[queue_stage.act("work")] * 2])
    second = queue_stage.accept([queue_stage.act("work")])
    with queue_stage.worker() as worker:
        horse = queue_stage.begun()
        with away(own_valkey, keep_data=keep_data):
            reconcile(queue_stage.parts)
            queue_stage.go()
            eventually(queue_stage.status(first, "SUCCESS"))
            eventually(gone(horse))
        ended = [queue_stage.ended(run, within=15) for run in (first, second)]
        assert worker.alive
    assert {run.status for run in ended} == {"COMPLETED"}
    assert {(file.status, file.losses) for run in ended for file in run.files} == {("SUCCESS", 0)}


def test_b5_a_worker_that_idles_while_redis_is_away_works_and_is_known_again_afterwards(
    queue_stage: Stage, own_valkey: Valkey
) -> None:
    with mock.patch.object(patient_worker, "RQ_HEARTBEAT_SECONDS", 0.2), queue_stage.worker() as worker:
        with away(own_valkey, keep_data=False):
            assert worker.alive
        run = queue_stage.accept([queue_stage.act("work")])
        assert queue_stage.ended(run).status == "COMPLETED"
        assert worker.alive
        eventually(lambda: queue_stage.parts.dispatcher.workers() == 1, within=12, what="the worker to register again")


def test_b5_redis_that_goes_away_while_a_worker_makes_itself_known_does_not_end_it(
    queue_stage: Stage, own_valkey: Valkey
) -> None:
    go_on, is_beyond = Event(), Event()
    known = mock.patch.object(PatientWorker, "subscribe", side_effect=lambda: go_on.wait(30))
    looking_for_work = mock.patch.object(PatientWorker, "check_for_suspension", side_effect=lambda _: is_beyond.set())
    with known, looking_for_work, queue_stage.worker():
        eventually(lambda: queue_stage.parts.dispatcher.workers() == 1)
        with away(own_valkey, keep_data=False):
            go_on.set()
            assert is_beyond.wait(10), "the worker ended"
        run = queue_stage.accept([queue_stage.act("work")])
        assert queue_stage.ended(run).status == "COMPLETED"


def test_b5_redis_that_hangs_does_not_hold_up_the_moves_of_the_rows(
    new_stage: NewStage, sqlite_url: str, own_valkey: Valkey
) -> None:
    with mock.patch.object(connections, "REPLY_SECONDS", 1):
        queue_stage = new_stage(database_url=sqlite_url, redis_url=own_valkey.url)
    runs = [queue_stage.accept([queue_stage.act("work")]) for _ in range(8)]
    for run in runs:
        lost = {"status": "EXECUTING", "attempt": 1, "worker": "dead", "lease_expires_at": utcnow()}
        queue_stage.swap(ExecutionFile, queue_stage.file(run).id, **lost)
    own_valkey.pause()
    try:
        began = time.monotonic()
        done = rescue(queue_stage.parts)
        assert time.monotonic() - began < 5, "one enqueue is waited for (1 s), not eight"
    finally:
        own_valkey.resume()
    assert done["worker_lost"] == 8
    with queue_stage.worker():
        assert {queue_stage.ended(run).status for run in runs} == {"COMPLETED"}


def test_b5_the_database_is_killed_while_a_file_is_worked_on(
    new_stage: NewStage, own_postgres: Postgres, redis_url: str
) -> None:
    with own_postgres.database() as url:
        lease = 4
        stage = new_stage(database_url=url, redis_url=redis_url, lease_seconds=lease)
        run, other = stage.accept([stage.act("hold")]), stage.accept([stage.act("work")])
        with stage.worker() as worker:
            horse = stage.begun()
            own_postgres.kill()
            eventually(gone(horse), within=lease)  # until then nobody else may take the file
            assert worker.alive
            own_postgres.start()
            stage.go()
            ended = [stage.ended(run, rescue=False), stage.ended(other, rescue=False)]
        stage.parts.database.dispose()
        stage.parts.ledger.database.dispose()
    assert {(run.status, run.files[0].losses) for run in ended} == {("COMPLETED", 0)}


def test_b5_the_database_is_away_just_when_a_file_is_done(
    new_stage: NewStage, own_postgres: Postgres, redis_url: str
) -> None:
    with own_postgres.database() as url:
        stage = new_stage(database_url=url, redis_url=redis_url, lease_seconds=20)
        run = stage.accept([stage.act("hold")])
        with stage.worker():
            stage.begun()
            own_postgres.kill()
            stage.go()
            own_postgres.start()
            ended = stage.ended(run, rescue=False)
        stage.parts.database.dispose()
        stage.parts.ledger.database.dispose()
    assert (ended.status, ended.files[0].attempt, len(stage.pids())) == ("COMPLETED", 1, 1)
