"""The dispatcher on RQ: one queue, JSON, ids as arguments, and each ticket at most once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from redis import Redis
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from deployment.dispatch import Ticket

QUEUE = "airlock"
TASK = "jobs.tasks.run_file"
RESULT_TTL = 600
"""Seconds that RQ shows a job that has ended; what counts is in the rows."""
FAILURE_TTL = 24 * 3600
NO_TIMEOUT = -1
"""RQ's own time limit is an exception inside the job, at any bytecode; ours is kept by the parent process."""


class RqDispatcher:
    """See `deployment.dispatch.Dispatcher`. Raises `redis.RedisError` when the queue does not answer."""

    def __init__(self, connection: Redis) -> None:
        self._connection = connection
        self._queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)

    def enqueue(self, tickets: Iterable[Ticket]) -> None:
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
        with self._connection.pipeline(transaction=False) as pipeline:
            for ticket in tickets:
                pipeline.lpos(self._queue.key, ticket.job_id)
            return [position is not None for position in pipeline.execute()]

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        for ticket in tickets:
            self._connection.lrem(self._queue.key, 1, ticket.job_id)
            self._connection.delete(Job.key_for(ticket.job_id))

    def ping(self) -> None:
        self._connection.ping()


def ticket_of(job: Job) -> Ticket:
    """The ticket that a job carries; raises `ValueError` for a job that is not one of ours."""
    if job.func_name != TASK:
        raise ValueError(f"{job.func_name} is not the task of this queue")
    return Ticket.parse(*job.args)
