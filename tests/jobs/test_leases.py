"""Leases: kept while the work lives, given up in time when they cannot be kept, fenced when they are lost (B3, C6)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import psutil

from deployment.clock import utcnow
from deployment.models import ExecutionFile
from deployment.reconcile import reconcile
from deployment.stop import stop
from tests.eventually import eventually
from tests.jobs.stage import LEASE, Stage, gone, parent_of, resume, suspend
from tests.servers.postgres import Postgres
from tests.servers.tcp_proxy import TcpProxy

NewStage = Callable[..., Stage]


def test_c6_work_that_takes_longer_than_its_lease_is_left_alone(
    new_stage: NewStage, database_url: str, redis_url: str
) -> None:
    stage = new_stage(database_url=database_url, redis_url=redis_url, lease_seconds=2)
    run = stage.accept([stage.act("hold")])
    with stage.worker():
        stage.begun()
        began = time.monotonic()
        eventually(lambda: reconcile(stage.parts)["worker_lost"] or time.monotonic() - began > 2.6)
        stage.go()
        ended = stage.ended(run)
    assert (ended.status, ended.files[0].attempt, ended.files[0].losses) == ("COMPLETED", 1, 0)


def test_a_lease_that_another_process_has_taken_costs_the_work_horse_its_life_at_once(stage: Stage) -> None:
    run = stage.accept([stage.act("hold")])
    with stage.worker():
        horse = stage.begun()
        taken = {"attempt": 7, "worker": "another", "lease_expires_at": utcnow() + stage.parts.policy.lease * 60}
        stage.swap(ExecutionFile, stage.file(run).id, **taken)
        eventually(gone(horse), within=1)
        stage.go()
        eventually(lambda: stage.tickets() == [])
        file = stage.file(run)
    assert (file.status, file.attempt, file.worker, file.losses) == ("EXECUTING", 7, "another", 0)


def test_b3_a_suspended_worker_comes_back_and_can_write_nothing(stage: Stage) -> None:
    run = stage.accept([stage.act("hold")])
    with stage.worker() as zombie:
        horse = stage.begun()
        suspend(zombie)
        eventually(lambda: reconcile(stage.parts)["worker_lost"], within=2 * LEASE)
        with stage.worker():
            stage.begun(times=2)
            assert not gone(horse)()
            stage.go()  # both work-horses end their work: the first one has lost its lease
            ended = stage.ended(run)
            resume(zombie)
            assert zombie.end() == -signal.SIGALRM  # it wakes up to the end of its lease
            eventually(gone(horse))
    again = stage.stored(run)
    assert (again.status, again.files[0].attempt, again.files[0].losses) == ("COMPLETED", 2, 1)
    assert again.ended_at == ended.ended_at
    assert sum(line == "Succeeded" for line in stage.log(run)) == 1
    assert stage.get(run).get_json()["message"][0]["status"] == "Success"


def test_b3_the_work_horse_of_a_suspended_worker_loses_against_the_one_that_took_over(stage: Stage) -> None:
    run = stage.accept([stage.act("hold", "slow")])
    with stage.worker() as zombie:
        horse = stage.begun("slow")
        suspend(zombie)
        eventually(lambda: reconcile(stage.parts)["worker_lost"], within=2 * LEASE)
        stage.go("slow")
        eventually(gone(horse), what="the zombie's work-horse to end")
        assert stage.file(run).status == "QUEUED"
        resume(zombie)
        assert zombie.end() == -signal.SIGALRM
    with stage.worker():
        assert stage.ended(run).files[0].attempt == 2


def test_a_database_that_is_away_ends_the_work_before_the_lease_and_costs_no_attempt(
    new_stage: NewStage, postgres_proxy: TcpProxy, redis_url: str
) -> None:
    stage = new_stage(database_url=postgres_proxy.url, redis_url=redis_url, lease_seconds=2, clock_skew_seconds=0.5)
    run = stage.accept([stage.act("hold")])
    with stage.worker() as worker:
        horse = stage.begun()
        postgres_proxy.refuse()
        began = time.monotonic()
        eventually(gone(horse), within=1.5)
        assert time.monotonic() - began > 0.4, "a lease that is still good is no reason to give up"
        assert worker.alive
        postgres_proxy.accept()
        stage.begun(times=2)
        stage.go()
        ended = stage.ended(run, rescue=False)
    assert (ended.status, ended.files[0].attempt, ended.files[0].losses) == ("COMPLETED", 2, 0)
    assert any("the database was away" in line for line in stage.log(run))


@contextmanager
def standing_still(postgres: Postgres, url: str) -> Iterator[None]:
    """Every connection to the database that is open now answers no more; new ones do."""
    name = url.rpartition("/")[2]
    with postgres.connect() as watcher:
        rows = watcher.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [name]).fetchall()
    backends = [int(str(row[0])) for row in rows]
    try:
        for pid in backends:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in filter(psutil.pid_exists, backends):
            os.kill(pid, signal.SIGCONT)


def test_a_statement_that_never_returns_ends_the_whole_worker_before_the_lease(
    new_stage: NewStage, postgres: Postgres, postgres_url: str, redis_url: str
) -> None:
    stage = new_stage(database_url=postgres_url, redis_url=redis_url, lease_seconds=2)
    run = stage.accept([stage.act("hold")])
    with stage.worker() as worker:
        horse = stage.begun()
        renewed = stage.file(run).lease_expires_at
        eventually(lambda: stage.file(run).lease_expires_at != renewed, what="the first renewal")
        lease = stage.file(run).lease_expires_at
        with standing_still(postgres, postgres_url):
            eventually(gone(horse), within=2.5)
            assert worker.end(within=1) == -signal.SIGALRM
            assert lease is not None
            assert utcnow() < lease + timedelta(seconds=0.5)  # one renewal may have been under way
    stage.go()
    with stage.worker():
        assert stage.ended(run).status == "COMPLETED"


def test_a_stopped_run_loses_its_work_horse_within_a_second_and_frees_its_worker(
    new_stage: NewStage, database_url: str, redis_url: str
) -> None:
    stage = new_stage(database_url=database_url, redis_url=redis_url, lease_seconds=60)
    run = stage.accept([stage.act("hold"), stage.act("hold", "second")])
    with stage.worker() as worker:
        horse = stage.begun()
        assert parent_of(horse).pid == worker.pid
        stop(stage.parts, run, by="the test")
        eventually(gone(horse), within=1.5)
        stopped = stage.stored(run)
        next_run = stage.accept([stage.act("work")])
        assert stage.ended(next_run, rescue=False).status == "COMPLETED"
    assert (stopped.status, {file.status for file in stopped.files}) == ("STOPPED", {"STOPPED"})
    assert stage.stored(run).ended_at == stopped.ended_at
