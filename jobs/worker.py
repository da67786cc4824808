"""The worker: RQ's, which claims a file before it forks, and watches over the lease while the work-horse works."""

from __future__ import annotations

import math
import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask
from redis import Redis, RedisError
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import BaseDeathPenalty
from rq.worker import HerokuWorker, WorkerStatus

from deployment.claims import Claim, Claims
from deployment.parts import current_parts
from jobs.parentage import die_with
from jobs.queue import QUEUE, ticket_of

log = structlog.get_logger()

WORKER_TTL = 60
"""Seconds that RQ believes in a silent worker; a blocking pop lasts 15 s less."""
RQ_HEARTBEAT_SECONDS = 20
LEAVE_SECONDS = 6
"""How long a file may go on after a SIGTERM. `docker stop` kills after 10 s, a dyno after 30 s."""
LOOK_SECONDS = 1.0
"""The longest wait between two looks at the work-horse: a signal does not cut a poll short (PEP 475)."""


class NoDeathPenalty(BaseDeathPenalty):
    """RQ's time limit is an alarm that any `except Exception` swallows. Ours is a kill by the parent."""

    def setup_death_penalty(self) -> None:
        return None

    def cancel_death_penalty(self) -> None:
        return None


class AirlockWorker(HerokuWorker):
    """One queue, one work-horse at a time. The app was made before the fork; no connection crosses it."""

    death_penalty_class = NoDeathPenalty

    def __init__(self, app: Flask, claims: Claims, **options: Any) -> None:
        super().__init__([QUEUE], name=claims.worker, serializer=JSONSerializer, worker_ttl=WORKER_TTL, **options)
        self._app, self._claims = app, claims
        self._claim: Claim | None = None
        self._exit: int | None = None
        self._handed_back, self._leave_at = False, math.inf
        self._pid, self._told_rq = os.getpid(), time.monotonic()

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Claim the file of the job; if its row wants this attempt, fork, watch, and see that the file ended."""
        self.set_state(WorkerStatus.BUSY)  # from here on a SIGTERM waits for the job instead of cutting in
        self._claim, self._exit = self._try_to_claim(job), None
        if self._claim is None:
            self._drop(job, queue)
            return
        try:
            super().execute_job(job, queue)
        finally:
            self._settle(self._claim)
        if self._handed_back:
            job.delete(remove_from_queue=False)  # RQ took it for a failure

    def _drop(self, job: Job, queue: Queue) -> None:
        queue.intermediate_queue.remove(job.id)
        job.delete(remove_from_queue=False)
        self.set_state(WorkerStatus.IDLE)

    def _try_to_claim(self, job: Job) -> Claim | None:
        try:
            return self._claims.claim(ticket_of(job))
        except Exception as error:  # the row stays QUEUED, and the reconciler hands out another ticket
            log.warning("claim_failed", job_id=job.id, error=str(error))
            return None

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """The child of the fork: it dies with its parent, and opens connections of its own."""
        die_with(self._pid)
        with self._app.app_context():
            current_parts().forget_connections()
            super().main_work_horse(job, queue)

    def prepare_job_execution(self, job: Job, remove_from_intermediate_queue: bool = False) -> None:
        """RQ's bookkeeping, for its dashboard: a Redis that is away costs the file no attempt (fault B5)."""
        with suppress(RedisError):
            super().prepare_job_execution(job, remove_from_intermediate_queue)

    def wait_for_horse(self) -> tuple[int | None, int | None, Any]:
        """Wait until the work-horse is gone; keep its lease, or kill it when that is lost (faults B3, C11)."""
        claim = self._claim
        with _exit_of(self.horse_pid) as gone:
            while claim is not None and not gone.poll(1000 * min(LOOK_SECONDS, claim.seconds_left)):
                self._watch(claim)
        pid, self._exit, usage = os.wait4(self.horse_pid, 0)
        return pid, self._exit, usage

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """Signal the work-horse and its children. Before it leads a group of its own, the group is still ours."""
        if not self.horse_pid:
            return
        with suppress(ProcessLookupError):
            leads = os.getpgid(self.horse_pid) == self.horse_pid
            (os.killpg if leads else os.kill)(self.horse_pid, sig)

    def handle_warm_shutdown_request(self) -> None:
        """The file may go on for a moment. No exception is thrown into it: a library would swallow it (fault B7)."""
        self._leave_at = time.monotonic() + LEAVE_SECONDS

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """A second SIGTERM changes nothing: the file ends or is handed back within seconds (fault B7)."""
        log.info("stop_requested_again", signal=signum)

    def set_shutdown_requested_date(self) -> None:
        """Within a signal handler: a Redis that is away must not raise into the wait for the work-horse."""
        with suppress(RedisError):
            super().set_shutdown_requested_date()  # type: ignore[no-untyped-call]

    @property
    def _must_leave(self) -> bool:
        return time.monotonic() >= self._leave_at

    def _watch(self, claim: Claim) -> None:
        if claim.overrun or self._must_leave or (claim.renewal_due and not claim.renew()):
            self.kill_horse()
        elif time.monotonic() - self._told_rq >= RQ_HEARTBEAT_SECONDS:
            self._tell_rq()

    def _tell_rq(self) -> None:
        """RQ's own heartbeat, for its dashboard; whether Redis answers is no matter for the work."""
        self._told_rq = time.monotonic()
        with suppress(RedisError):
            self.heartbeat(WORKER_TTL + RQ_HEARTBEAT_SECONDS)

    def _settle(self, claim: Claim) -> None:
        """The work-horse has ended the file itself, as a rule; if it could not, somebody must."""
        self._handed_back = False
        try:
            self._end(claim)
        except Exception as error:  # the lease is over soon, and the reconciler will see to it
            log.warning("settle_failed", file_id=str(claim.ticket.file_id), error=type(error).__name__)

    def _end(self, claim: Claim) -> None:
        died_of = os.WTERMSIG(self._exit) if self._exit and os.WIFSIGNALED(self._exit) else None
        if claim.overrun and died_of:
            self._claims.overran(claim)
        elif self._exit is None:
            self.kill_horse()
            self._claims.hand_back(claim, "its work-horse could not be started")
        elif self._must_leave and died_of:
            self._claims.hand_back(claim, "its worker was told to stop")
            self._handed_back = True
        else:
            self._claims.lost(claim, _cause(died_of))


def _cause(died_of: int | None) -> str:
    if died_of is None:
        return "the work-horse left without ending the file"
    return f"the work-horse was killed by {signal.Signals(died_of).name}"


@contextmanager
def _exit_of(pid: int) -> Iterator[select.poll]:
    """A poll that answers as soon as the child `pid` is dead; the child is still to be waited for."""
    descriptor, poll = os.pidfd_open(pid), select.poll()
    poll.register(descriptor, select.POLLIN)
    try:
        yield poll
    finally:
        os.close(descriptor)


def work(app: Flask, connection: Redis) -> None:
    """Run one worker until it is told to stop."""
    with app.app_context():
        claims = Claims(current_parts(), worker=uuid4().hex)
    AirlockWorker(app, claims, connection=connection).work()
