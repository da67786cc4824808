"""RQ's worker without what we cannot have: threads across forks, exceptions out of signal handlers, fragile loops.

A signal is only noted here. RQ's own handler raises, which may strike at any bytecode, be swallowed by any
`except Exception`, and lose the reply of a pop. So a pop waits for a moment only, and the loop looks in between.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any

import structlog
from redis import ConnectionError, RedisError, TimeoutError
from redis.client import Pipeline
from rq import Queue
from rq import worker_registration as registration
from rq.exceptions import DequeueTimeout
from rq.job import Job
from rq.timeouts import BaseDeathPenalty
from rq.utils import now
from rq.worker import Worker, WorkerStatus

from deployment.causes import cause_of

if TYPE_CHECKING:
    from rq.executions import Execution

log = structlog.get_logger()

WORKER_TTL = 60
"""Seconds that RQ believes in a silent worker."""
RQ_HEARTBEAT_SECONDS = 10
POP_SECONDS = 2
"""How long one pop blocks, and so how long an idle worker takes to notice a SIGTERM."""
RETRY_SECONDS = 0.5
LEAVE_SECONDS = 6
"""How long a file may go on after a SIGTERM. `docker stop` kills after 10 s, a dyno after 30 s."""


class NoDeathPenalty(BaseDeathPenalty):
    """RQ's time limit is an alarm that any `except Exception` swallows. Ours is a kill by the parent."""

    def setup_death_penalty(self) -> None:
        return None

    def cancel_death_penalty(self) -> None:
        return None


class PatientWorker(Worker):
    """What RQ keeps in Redis is for people to look at: its loss costs nothing, and nothing waits for it for long."""

    death_penalty_class = NoDeathPenalty
    connection_timeout = POP_SECONDS + 3

    def __init__(self, queues: list[str], **options: Any) -> None:
        super().__init__(queues, worker_ttl=WORKER_TTL, **options)
        self._leave_at, self._told_rq = math.inf, time.monotonic()

    @property
    def told_to_stop(self) -> bool:
        """Whether a SIGTERM or SIGINT has come."""
        return self._stop_requested

    @property
    def leave_at(self) -> float:
        """When work must be given up, on the monotonic clock: infinity, unless told to stop."""
        return self._leave_at

    @property
    def must_leave(self) -> bool:
        """Whether what is being done must be given up, so that the process ends in time."""
        return time.monotonic() >= self._leave_at

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """The first signal starts the clock, others change nothing: platforms signal each process, and repeat it."""
        if not self._stop_requested:
            self._stop_requested, self._leave_at = True, time.monotonic() + LEAVE_SECONDS

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        self.request_stop(signum, frame)

    def subscribe(self) -> None:
        """RQ listens for its commands in a thread, and a process that forks must have none."""

    def unsubscribe(self) -> None:
        return None

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """The next job; None when told to stop, or, in a burst (`timeout` is None), when there is none."""
        while not self._stop_requested:
            try:
                self._look_after_rq()
                return self._pop(POP_SECONDS if timeout else None)
            except DequeueTimeout:
                continue
            except (ConnectionError, TimeoutError) as error:
                log.warning("queue_away", error=cause_of(error))
                time.sleep(RETRY_SECONDS)
        return None

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """RQ says it after every job; now and then is enough."""
        if pipeline is not None:
            super().heartbeat(timeout, pipeline)
        elif self._rq_should_hear:
            with suppress(RedisError):
                if not self.connection.hexists(self.key, "birth"):
                    self._register_again()
                super().heartbeat(timeout)
                self._told_rq = time.monotonic()

    def set_state(self, state: str, pipeline: Pipeline | None = None) -> None:
        """For the dashboard: a Redis that goes away just as a worker starts is no reason to quit."""
        with suppress(RedisError):
            super().set_state(state, pipeline)

    def check_for_suspension(self, burst: bool) -> None:
        with suppress(RedisError):
            super().check_for_suspension(burst)

    def run_maintenance_tasks(self) -> None:
        """RQ tidies its registries. One hash that it cannot parse makes it raise: that must end no worker."""
        try:
            super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        except Exception as error:
            log.warning("rq_maintenance_failed", error=cause_of(error))
        self.last_cleaned_at = now()  # type: ignore[assignment]

    def prepare_job_execution(self, job: Job, remove_from_intermediate_queue: bool = False) -> None:
        """In the work-horse. A Redis that is away costs the file no attempt (fault B5)."""
        with suppress(RedisError):
            super().prepare_job_execution(job, remove_from_intermediate_queue)

    def tell_rq_of(self, job: Job, execution: Execution) -> None:
        """RQ's heartbeat for a long job, without which its maintenance would call it abandoned."""
        if self._rq_should_hear:
            self._told_rq = time.monotonic()
            with suppress(RedisError):
                self.maintain_heartbeats(job, execution)

    def put_back(self, job: Job, queue: Queue) -> None:
        """To the head of the queue, for another worker."""
        with self.connection.pipeline() as pipeline:
            pipeline.lrem(queue.intermediate_queue_key, 1, job.id)
            pipeline.lpush(queue.key, job.id)
            pipeline.execute()

    def drop(self, job: Job, queue: Queue) -> None:
        """Out of RQ without a trace; it has not failed, it was not wanted."""
        queue.intermediate_queue.remove(job.id)
        job.delete(remove_from_queue=False)

    def teardown(self) -> None:
        with suppress(RedisError):
            super().teardown()  # type: ignore[no-untyped-call]

    @property
    def _rq_should_hear(self) -> bool:
        return time.monotonic() - self._told_rq >= RQ_HEARTBEAT_SECONDS

    def _look_after_rq(self) -> None:
        if self.get_state() != WorkerStatus.IDLE:
            self.set_state(WorkerStatus.IDLE)
        self.heartbeat()
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()

    def _pop(self, seconds: int | None) -> tuple[Job, Queue] | None:
        found = self.queue_class.dequeue_any(
            self._ordered_queues,
            seconds,
            connection=self.connection,
            job_class=self.job_class,
            serializer=self.serializer,
            death_penalty_class=self.death_penalty_class,
        )
        if found is not None:
            found[0].redis_server_version = self.get_redis_server_version()  # type: ignore[no-untyped-call]
        return found

    def _register_again(self) -> None:
        """After Redis has lost its data (fault B4)."""
        self.last_heartbeat = now()
        with self.connection.pipeline() as pipeline:
            pipeline.hset(self.key, mapping={**self.serialize(), "state": self.get_state()})
            registration.register(self, pipeline)
            pipeline.execute()
