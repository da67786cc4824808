"""The worker: claims a file before it forks, and watches over the lease while the work-horse works."""

from __future__ import annotations

import gc
import os
import signal
import time
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from flask import Flask
from redis import Redis, RedisError
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from deployment.causes import cause_of
from deployment.claims import AWAY, Claim, Claims, LeaseInDoubt, LeaseLost
from deployment.parts import current_parts
from deployment.scratch import sweep
from jobs import dead_mans_switch, horse
from jobs.dead_mans_switch import Switch
from jobs.parentage import die_with
from jobs.patient_worker import RETRY_SECONDS, PatientWorker
from jobs.queue import QUEUE, ticket_of

if TYPE_CHECKING:
    from rq.executions import Execution

log = structlog.get_logger()

LOOK_SECONDS = 1.0
"""The longest wait between two looks at the lease, and so until a stopped file's work-horse is dead."""
SHORTEST_LOOK_SECONDS = 0.05
SETTLE_SECONDS = 2.0
"""How long a file is tried to be handed back when the worker must leave."""
DATABASE_SECONDS = 30.0
"""How long one claim or one end may take, before the process is taken to hang."""


class Killed(Enum):
    """Why the parent has killed the work-horse."""

    OVERRUN = "it has used up its time limit"
    LEAVING = "its worker was told to stop"
    IN_DOUBT = "the database was away for too long to keep the lease"
    LEASE_LOST = "the row was decided elsewhere"


class FileNotEnded(Exception):
    """The job has raised: makes RQ's work-horse leave with a status that tells its parent to look."""


class AirlockWorker(PatientWorker):
    """One queue, one work-horse at a time. The app was made before the fork; no connection crosses it."""

    def __init__(self, app: Flask, claims: Claims, switch: Switch = dead_mans_switch.unarmed, **options: Any) -> None:
        super().__init__([QUEUE], name=claims.worker, serializer=JSONSerializer, **options)
        self._app, self._claims, self._switch = app, claims, switch
        self._claim: Claim | None = None
        self._killed: Killed | None = None
        self._exit: int | None = None
        self._job: tuple[Job, Execution] | None = None
        self._pid = os.getpid()

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Claim the file of the job; if its row wants this attempt, fork, watch, and see that the file ended.

        What RQ notes of it is for its dashboard: a Redis that is away is no reason to quit (fault B5).
        """
        self._killed = self._exit = self._job = None
        self._claim = self._claimed(job)
        try:
            if self._claim is not None:
                self._work(self._claim, job, queue)
            else:
                (self.put_back if self.told_to_stop else self.drop)(job, queue)
        except RedisError as error:
            log.warning("queue_not_told", job_id=job.id, error=cause_of(error))

    def _claimed(self, job: Job) -> Claim | None:
        """While the database is away nothing is decided, so the ticket is neither dropped nor worked on."""
        while not self.told_to_stop:
            self._switch(DATABASE_SECONDS)
            try:
                return self._claims.claim(ticket_of(job))
            except AWAY as error:
                log.warning("claim_waits", job_id=job.id, error=cause_of(error))
                time.sleep(RETRY_SECONDS)
            except Exception as error:  # if there is a row that wants it, the reconciler hands out another ticket
                log.warning("claim_failed", job_id=job.id, error=cause_of(error))
                return None
            finally:
                self._switch(0)
        return None

    def _work(self, claim: Claim, job: Job, queue: Queue) -> None:
        log.info("file_claimed", job_id=job.id)
        self._switch(max(claim.safe_seconds, SHORTEST_LOOK_SECONDS))
        try:
            super().execute_job(job, queue)
        finally:
            self._switch(0)
            self._settle(claim)
        if self._killed is Killed.LEAVING:
            job.delete(remove_from_queue=False)  # RQ took it for a failure

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """The child of the fork: it dies with its parent, and opens connections of its own."""
        die_with(self._pid)
        horse.give_up_first()
        with self._app.app_context():
            current_parts().forget_connections()
            super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """In the work-horse: status 0 says that the file has ended, and that the parent need not look."""
        if not super().perform_job(job, queue, execution):
            raise FileNotEnded
        return True

    def monitor_work_horse(self, job: Job, queue: Queue, execution: Execution) -> None:
        self._job = (job, execution)
        super().monitor_work_horse(job, queue, execution)

    def wait_for_horse(self) -> tuple[int | None, int | None, Any]:
        """Wait until the work-horse is gone; keep its lease, or kill it when that is lost (faults B3, C11)."""
        claim, pid = self._claim, self.horse_pid
        with horse.exit_of(pid) as gone:
            while claim is not None and not gone(_until_next_look(claim)):
                self._watch(claim)
        horse.kill(pid)  # what the workflow has started, and left behind
        _, self._exit, usage = os.wait4(pid, 0)
        if self._exit != os.EX_OK:
            sweep()
        self._switch(0)
        return pid, self._exit, usage

    def kill_horse(self, sig: Any = None) -> None:
        if self.horse_pid:
            horse.kill(self.horse_pid)

    def setup_work_horse_signals(self) -> None:
        """Platforms signal every process. The work-horse goes on; its parent decides for how long (fault B7)."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, signal.SIG_IGN)

    def _watch(self, claim: Claim) -> None:
        self._killed = self._killed or self._reason_to_kill(claim)
        if self._killed:
            self.kill_horse()
            return
        self._switch(max(claim.safe_seconds, SHORTEST_LOOK_SECONDS))
        if self._job:
            self.tell_rq_of(*self._job)

    def _reason_to_kill(self, claim: Claim) -> Killed | None:
        if claim.overrun:
            return Killed.OVERRUN
        if self.must_leave:
            return Killed.LEAVING
        try:
            claim.keep()
        except LeaseLost:
            return Killed.LEASE_LOST
        except LeaseInDoubt:
            return Killed.IN_DOUBT
        return None

    def _settle(self, claim: Claim) -> None:
        """The work-horse has ended the file itself, as a rule; if it could not, somebody must.

        A database that is away is waited for: nothing could be claimed without it, and the file costs no attempt.
        """
        while not self._settled(claim) and time.monotonic() < self.leave_at + SETTLE_SECONDS:
            time.sleep(RETRY_SECONDS)

    def _settled(self, claim: Claim) -> bool:
        self._switch(DATABASE_SECONDS)
        try:
            self._end(claim)
        except AWAY as error:
            log.warning("settling_waits", file_id=str(claim.ticket.file_id), error=cause_of(error))
            return False
        except Exception as error:  # the lease is over soon, and the reconciler will see to it
            log.warning("settle_failed", file_id=str(claim.ticket.file_id), error=cause_of(error))
        finally:
            self._switch(0)
        return True

    def _end(self, claim: Claim) -> None:
        if self._exit is None:
            self.kill_horse()
            self._claims.hand_back(claim, "its work-horse could not be started")
        elif self._exit == os.EX_OK or self._killed is Killed.LEASE_LOST:
            self._claims.disconnect()
        elif self._killed is Killed.OVERRUN:
            self._claims.overran(claim)
        elif self._killed:
            self._claims.hand_back(claim, self._killed.value)
        elif crash := horse.crash(self._exit):
            self._claims.crashed(claim, crash)
        else:
            self._claims.lost(claim, horse.cause_of_death(self._exit))


def _until_next_look(claim: Claim) -> float:
    return max(min(LOOK_SECONDS, claim.beat, claim.seconds_left), SHORTEST_LOOK_SECONDS)


def work(app: Flask, connection: Redis) -> None:
    """Run one worker, in a process of its own, until it is told to stop; first tidy up behind one that was killed."""
    sweep()
    with app.app_context():
        claims = Claims(current_parts(), worker=uuid4().hex)
    _await(connection)
    gc.freeze()  # a work-horse that collects would copy every page of ours: 80 ms (measured)
    AirlockWorker(app, claims, dead_mans_switch.arm, connection=connection).work()


def _await(connection: Redis) -> None:
    """RQ's worker registers itself first of all; a process that failed at it would be started each second anew."""
    while True:
        try:
            connection.ping()
            return
        except RedisError as error:
            log.warning("queue_away", error=cause_of(error))
            time.sleep(RETRY_SECONDS)
