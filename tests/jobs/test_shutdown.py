"""Shutdown: SIGTERM to whom it may concern, once or twice, at any moment (fault B7), as a deploy does it."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, Popen
from unittest import mock

import psutil
import pytest
from rq import Queue
from rq.job import Job

from jobs.patient_worker import PatientWorker
from settings import Settings
from tests.eventually import eventually
from tests.jobs.stage import SHORT, Stage, gone
from tests.processes import Process, family, kill_all

NewStage = Callable[..., Stage]
HERE = Path(__file__).parents[2]
PATIENCE = 10


class Command:
    """`flask worker` as an operator starts it."""

    def __init__(self, stage: Stage, workers: int) -> None:
        settings: Settings = stage.app.config["AIRLOCK"]
        chosen = {
            **SHORT,
            "lease_seconds": settings.lease_seconds,
            "workers": workers,
            "database_url": settings.database_url,
            "redis_url": settings.redis_url,
            "airlock_data": settings.airlock_data,
            "secret_key": "test",
        }
        environment = {name.upper(): str(value) for name, value in chosen.items()}
        self._log = (stage.folder / "worker.log").open("wb")
        self.process = Popen(
            [sys.executable, "-m", "flask", "--app", "app:create_app()", "worker"],
            cwd=HERE,
            env={**os.environ, **environment},
            stdin=DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        eventually(lambda: stage.parts.dispatcher.workers() == workers, within=30, what="the workers to register")

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def children(self) -> list[psutil.Process]:
        """The workers and the reconciler, in this order."""
        return sorted(psutil.Process(self.pid).children(), key=lambda child: child.pid)

    def tell_everyone(self) -> None:
        """SIGTERM to each process, as Heroku does; one that was told before may have ended by now."""
        for process in family(self.pid):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGTERM)

    def end(self) -> int:
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        kill_all(family(self.pid))
        self.process.wait()
        self._log.close()


@pytest.fixture
def command(new_stage: NewStage, sqlite_url: str, redis_url: str) -> Iterator[Callable[..., tuple[Stage, Command]]]:
    """Makes a stage and starts `flask worker` on it."""
    started: list[Command] = []

    def start(workers: int = 1, **settings: object) -> tuple[Stage, Command]:
        stage = new_stage(database_url=sqlite_url, redis_url=redis_url, **{"lease_seconds": 5, **settings})
        started.append(Command(stage, workers))
        return stage, started[-1]

    yield start
    for one in started:
        one.close()


Start = Callable[..., tuple[Stage, Command]]


def test_b7_a_short_file_ends_a_long_one_is_handed_back_and_costs_no_attempt(command: Start) -> None:
    """SIGTERM to every process at once, and again."""
    stage, flask_worker = command(workers=2)
    short, long = stage.accept([stage.act("hold", "short")]), stage.accept([stage.act("hold", "long")])
    stage.begun("short")
    stage.begun("long")
    began = time.monotonic()
    flask_worker.tell_everyone()
    flask_worker.tell_everyone()
    stage.go("short")
    eventually(lambda: stage.stored(short).status == "COMPLETED", within=3)
    assert flask_worker.end() == 0
    assert time.monotonic() - began < PATIENCE
    file = stage.file(long)
    assert (file.status, file.attempt, file.losses, file.worker) == ("QUEUED", 1, 0, None)
    stage.go("long")
    stage.work()
    ended = stage.stored(long)
    assert (ended.status, ended.files[0].attempt, ended.files[0].losses) == ("COMPLETED", 2, 0)
    assert any("Handed back: its worker was told to stop" in line for line in stage.log(long))


def test_b7_a_sigterm_to_the_supervisor_alone_lets_the_file_end(command: Start) -> None:
    stage, flask_worker = command()
    run = stage.accept([stage.act("hold")])
    stage.begun()
    os.kill(flask_worker.pid, signal.SIGTERM)
    stage.go()
    assert flask_worker.end() == 0
    assert (stage.stored(run).status, stage.file(run).attempt) == ("COMPLETED", 1)


def test_a_dead_child_is_replaced_and_a_dead_supervisor_takes_everybody_along(command: Start) -> None:
    stage, flask_worker = command()
    first, reconciler = flask_worker.children
    first.kill()
    reconciler.kill()
    eventually(lambda: len({*flask_worker.children} - {first, reconciler}) == 2, within=5)
    run = stage.accept([stage.act("hold")])
    horse = stage.begun()
    everybody = [process.pid for process in family(flask_worker.pid)]
    assert horse in everybody
    os.kill(flask_worker.pid, signal.SIGKILL)
    eventually(gone(*everybody), within=3)
    stage.go()
    assert stage.status(run, "EXECUTING")()


def test_an_idle_worker_ends_at_once(command: Start) -> None:
    _, flask_worker = command()
    began = time.monotonic()
    os.kill(flask_worker.pid, signal.SIGTERM)
    assert flask_worker.end() == 0
    assert time.monotonic() - began < 4


def test_a_sigterm_at_any_moment_loses_nothing(sqlite_stage: Stage) -> None:
    """Workers come and go while files are done: each is done once, and none has cost an attempt."""
    runs = [sqlite_stage.accept([sqlite_stage.act("note", f"n{number}")]) for number in range(12)]
    moment = random.Random(7)
    for _ in range(12):
        with sqlite_stage.worker() as worker:
            eventually(partial(is_past, time.monotonic() + moment.random() * 0.15), every=0.005)
            worker.signal(signal.SIGTERM)
            assert worker.end() in (0, -signal.SIGTERM)  # the latter before it listens to signals, and to the queue
    with sqlite_stage.worker():
        ended = [sqlite_stage.ended(run) for run in runs]
    assert {(run.status, run.files[0].losses) for run in ended} == {("COMPLETED", 0)}
    assert [len(sqlite_stage.pids(f"n{number}")) for number in range(12)] == [1] * 12


def is_past(moment: float) -> bool:
    return time.monotonic() >= moment


def test_a_ticket_that_a_worker_pops_after_its_sigterm_goes_back_to_the_queue(sqlite_stage: Stage) -> None:
    run = sqlite_stage.accept([sqlite_stage.act("note")])
    before = sqlite_stage.tickets()

    def popped(worker: PatientWorker, seconds: int | None) -> tuple[Job, Queue] | None:
        found = pop(worker, seconds)
        os.kill(os.getpid(), signal.SIGTERM)
        return found

    pop = PatientWorker._pop
    with mock.patch.object(PatientWorker, "_pop", popped), Process(sqlite_stage.serve) as worker:
        assert worker.end() == 0
    assert sqlite_stage.tickets() == before
    sqlite_stage.work()
    assert sqlite_stage.stored(run).files[0].attempt == 1
