"""The reconciler's loops: a storage that hangs delays no rescue, and a pass that hangs ends its process."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from unittest import mock
from uuid import UUID

from deployment.clock import utcnow
from deployment.models import Execution, ExecutionFile
from deployment.stop import stop as stop_run
from jobs import clock, dead_mans_switch
from tests.eventually import eventually
from tests.jobs.stage import Stage
from tests.processes import Process

NewStage = Callable[..., Stage]


def lose_worker(stage: Stage) -> UUID:
    run = stage.accept([stage.act("work")])
    lost = {"status": "EXECUTING", "attempt": 1, "worker": "dead", "lease_expires_at": utcnow()}
    stage.swap(ExecutionFile, stage.file(run).id, **lost)
    return run


def test_a_storage_that_hangs_delays_no_rescue(sqlite_stage: Stage) -> None:
    stage, hangs, stop = sqlite_stage, threading.Event(), threading.Event()
    released = threading.Event()

    def hang(_prefix: str) -> None:
        hangs.set()
        released.wait(20)

    stage.accept([stage.act("work")])
    with mock.patch.object(stage.parts.store, "delete_prefix", hang):
        run = stage.rows()[0].id
        threading.Thread(target=stop_run, args=[stage.parts, run, "the test"], daemon=True).start()
        assert hangs.wait(5)
        hangs.clear()
        stage.swap(Execution, run, cleanup_due_at=utcnow())
        clock.start_in_background(stage.parts, stop)
        assert hangs.wait(5), "the reconciler meets the hanging storage, too"
        for _ in range(3):
            lost = lose_worker(stage)
            eventually(partial(counted, stage, lost), within=1)
        stop.set()
        released.set()


def test_a_pass_that_hangs_ends_its_process_so_that_it_is_started_anew(sqlite_stage: Stage) -> None:
    def hang(_parts: object) -> None:
        threading.Event().wait()

    with (
        mock.patch.object(clock, "rescue", hang),
        mock.patch.object(clock, "PASS_SECONDS", 0.3),
        Process(lambda: reconcile(sqlite_stage)) as process,
    ):
        assert process.end(within=3) == -signal.SIGALRM


def test_a_signal_ends_the_reconciler_between_two_passes(sqlite_stage: Stage) -> None:
    with Process(lambda: reconcile(sqlite_stage)) as process:
        run = lose_worker(sqlite_stage)
        eventually(lambda: sqlite_stage.file(run).losses == 1)
        began = time.monotonic()
        process.signal(signal.SIGTERM)
        process.signal(signal.SIGTERM)
        assert process.end(within=2) == 0
        assert time.monotonic() - began < 2


def test_a_pass_that_fails_is_followed_by_the_next(sqlite_stage: Stage) -> None:
    passes: list[int] = []

    def fail_at_first(_parts: object) -> None:
        passes.append(1)
        if len(passes) == 1:
            raise OSError("a hiccup")

    with mock.patch.object(clock, "rescue", fail_at_first):
        clock.rescue_until(sqlite_stage.parts, lambda _seconds: len(passes) == 2, dead_mans_switch.unarmed)
    assert len(passes) == 2


def counted(stage: Stage, run: UUID) -> bool:
    return stage.file(run).losses == 1


def reconcile(stage: Stage) -> None:
    """What the reconciler's process runs."""
    stage.parts.forget_connections()
    clock.reconcile_until_told_to_stop(stage.parts)
