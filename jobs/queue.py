"""The dispatcher on RQ: one queue, JSON, ids as arguments, and each ticket at most once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from redis import Redis, RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import utcparse
from rq.worker import Worker

from deployment.dispatch import Ticket

QUEUE = "airlock"
TASK = "jobs.tasks.run_file"
RESULT_TTL = 600
"""Seconds that RQ shows a job that has ended; what counts is in the rows."""
FAILURE_TTL = 24 * 3600
PROBE_TTL = 60
OnError = Callable[[str], None]
NO_TIMEOUT = -1
"""RQ's own time limit is an exception inside the job, at any bytecode; ours is kept by the parent process."""


class ProbeLost(Exception):
    """A job was enqueued and is not in the queue."""


class RqDispatcher:
    """See `deployment.dispatch.Dispatcher`. Raises `redis.RedisError` when the queue does not answer."""

    def __init__(self, connection: Redis, on_error: OnError = lambda _: None) -> None:
        """`on_error` is called with the name of each operation that fails."""
        self._connection, self._on_error = connection, on_error
        self._queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)

    def enqueue(self, tickets: Iterable[Ticket]) -> None:
        with self._told("enqueue"):
            for ticket in tickets:
                self._enqueue(ticket)

    def _enqueue(self, ticket: Ticket) -> None:
        try:
            self._queue.enqueue_call(
                TASK,
                args=(str(ticket.execution_id), str(ticket.file_id), ticket.attempt, ticket.dispatch),
                job_id=ticket.job_id,
                unique=True,
                timeout=NO_TIMEOUT,
                result_ttl=RESULT_TTL,
                failure_ttl=FAILURE_TTL,
                description=ticket.job_id,
            )
        except DuplicateJobError:
            return  # it is there already: an earlier try whose reply was lost

    def in_queue(self, tickets: Sequence[Ticket]) -> list[bool]:
        with self._told("look"), self._connection.pipeline(transaction=False) as pipeline:
            for ticket in tickets:
                pipeline.lpos(self._queue.key, ticket.job_id)
            return [position is not None for position in pipeline.execute()]

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        with self._told("cancel"):
            for ticket in tickets:
                self._connection.lrem(self._queue.key, 1, ticket.job_id)
                self._connection.delete(Job.key_for(ticket.job_id))

    def ping(self) -> None:
        self._connection.ping()

    def probe(self) -> None:
        queue = Queue(f"{QUEUE}-probe", connection=self._connection, serializer=JSONSerializer)
        job = queue.enqueue_call(TASK, ttl=PROBE_TTL, result_ttl=0)
        try:
            if self._connection.lpos(queue.key, job.id) is None:
                raise ProbeLost
        finally:
            queue.delete(delete_jobs=True)

    @contextmanager
    def _told(self, operation: str) -> Iterator[None]:
        try:
            yield
        except RedisError:
            self._on_error(operation)
            raise

    def close(self) -> None:
        """Give the connections back; the next call opens new ones."""
        self._connection.close()

    def workers(self) -> int:
        return len(worker_births(self._connection))


def ticket_of(job: Job) -> Ticket:
    """The ticket that a job carries; raises `ValueError` for a job that is not one of ours."""
    if job.func_name != TASK:
        raise ValueError(f"{job.func_name} is not the task of this queue")
    return Ticket.parse(*job.args)


def worker_births(connection: Redis) -> list[float]:
    """When each worker that RQ knows of was started, in Unix seconds; some of them may have been killed since."""
    keys = Worker.all_keys(queue=Queue(QUEUE, connection=connection))
    births = (cast("bytes | None", connection.hget(key, "birth")) for key in keys)
    return [utcparse(birth.decode()).timestamp() for birth in births if birth]
