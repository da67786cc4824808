"""Executing one claimed file, in the work-horse: fetch the input, run the workflow, store the result, end the file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from deployment import lifecycle
from deployment.attempt import Attempt
from deployment.causes import cause_of
from deployment.cleanup import clean_up
from deployment.dispatch import Ticket, hand_out
from deployment.failures import Failure, failure_of
from deployment.history import Made, earlier_result, fingerprint_of
from deployment.lifecycle import Move
from deployment.models import Execution, ExecutionFile
from deployment.outputs import store_output
from deployment.parts import Parts
from deployment.results import store_result
from deployment.scratch import scratch_folder
from deployment.tracing import span
from storage import StorageError, names
from workflows import DocumentError, Result, run
from workflows.memory import at_most

log = structlog.get_logger()

STORE_TRIES = 3
DATABASE_SECONDS = 60
"""How long the database is tried; the parent's lease is over long before, if it stays away."""


@dataclass(frozen=True)
class Work:
    """One claimed file and its run, as read from the rows."""

    ticket: Ticket
    file: ExecutionFile
    execution: Execution


def execute(parts: Parts, ticket: Ticket, worker: str) -> None:
    """Do the work of a ticket that `worker` has claimed; a ticket that it does not hold is dropped in silence."""
    with bound_contextvars(execution_id=str(ticket.execution_id), file_id=str(ticket.file_id)):
        work = _load(parts, ticket, worker)
        if work is None:
            log.info("ticket_dropped", attempt=ticket.attempt)
            return
        with span("work", work.execution.traceparent, **_told(work)):
            outcome = _outcome(parts, work)
        move = _commit(parts, _ending(parts, work, outcome))
        failure = outcome.reason if isinstance(outcome, Failure) else None
        log.info("attempt_ended", attempt=ticket.attempt, won=move.won, error=failure)
        if move.ended:
            clean_up(parts, ticket.execution_id)


def _told(work: Work) -> dict[str, str | int]:
    ids = {"airlock.execution": str(work.execution.id), "airlock.file": str(work.file.id)}
    return {**ids, "airlock.attempt": work.ticket.attempt, "airlock.workflow": work.execution.workflow}


def _load(parts: Parts, ticket: Ticket, worker: str) -> Work | None:
    for attempt in _database_tries():
        with attempt, parts.database.reading() as session:
            found = session.execute(lifecycle.claimed(ticket, worker)).one_or_none()
    return Work(ticket, *found) if found else None


def _outcome(parts: Parts, work: Work) -> Made | Failure:
    """Make the result and store it; how it failed if either does."""
    try:
        with scratch_folder() as folder:
            return _stored(parts, work, folder, _made(parts, work, folder))
    except (DocumentError, StorageError) as error:
        return failure_of(error)
    except (Exception, SystemExit) as error:  # a library that says exit() ends its file, not its worker
        log.exception("workflow_failed")
        return failure_of(error)


def _made(parts: Parts, work: Work, folder: Path) -> Made:
    """An earlier result is copied, so that this run has one of its own, which lasts as long as is promised."""
    execution = work.execution
    mark = fingerprint_of(execution, work.file, parts.workflows.get(execution.workflow).version)
    earlier = earlier_result(parts, execution, mark) if execution.use_file_history else None
    return Made(earlier or _run(parts, work, folder), mark, from_history=earlier is not None)


def _stored(parts: Parts, work: Work, folder: Path, made: Made) -> Made:
    try:
        _store(parts, work, made.result)
    except StorageError:
        if not made.from_history:
            raise
        made = Made(_run(parts, work, folder), made.fingerprint)  # as where the earlier run was purged meanwhile
        _store(parts, work, made.result)
    return made


def _run(parts: Parts, work: Work, folder: Path) -> Result:
    file, execution, path = work.file, work.execution, folder / "document"
    _storage_tries()(_fetch, parts, work, path)
    workflow = parts.workflows.get(execution.workflow)
    with at_most(workflow.memory_limit):
        return run(
            workflow,
            path,
            name=file.name,
            size=file.size,
            sha256=file.sha256,
            options=execution.options,
            custom_data=execution.custom_data,
            tags=tuple(execution.tags),
            folder=folder,
        )


def _store(parts: Parts, work: Work, result: Result) -> None:
    """First the files, then the result that lists them."""
    attempt, again = Attempt(work.execution.id, work.file.id, work.ticket.attempt), _storage_tries()
    outputs = [
        again(store_output, parts.store, attempt, number, output) for number, output in enumerate(result.outputs, 1)
    ]
    again(store_result, parts.store, attempt, result, outputs)


def _fetch(parts: Parts, work: Work, path: Path) -> None:
    key = names.input_key(work.execution.id, work.file.ordinal)
    with parts.store.open(key) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)


def _storage_tries() -> Retrying:
    return Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, StorageError) and error.retryable),
        stop=stop_after_attempt(STORE_TRIES),
        wait=wait_random_exponential(0.2, max=2),
        reraise=True,
    )


def _ending(parts: Parts, work: Work, outcome: Made | Failure) -> Callable[[Session], Move]:
    ticket, policy = work.ticket, parts.policy
    if isinstance(outcome, Made):
        found: dict[str, Any] = {"fingerprint": outcome.fingerprint, "from_history": outcome.from_history}
        return lambda session: lifecycle.succeed(session, ticket, policy, **found, pages=outcome.result.pages)
    reason, asked = outcome.reason, outcome.retry
    if asked is None:
        return lambda session: lifecycle.fail(session, ticket, policy, reason)
    limit = parts.workflows.get(work.execution.workflow).retries
    return lambda session: lifecycle.retry(session, ticket, policy, reason, limit=limit, after=asked.after)


def _commit(parts: Parts, move: Callable[[Session], Move]) -> Move:
    for attempt in _database_tries():
        with attempt, parts.database.writing() as session:
            made = move(session)
    hand_out(parts.dispatcher, made.tickets)
    return made


def _database_tries() -> Retrying:
    """A database that is away costs a file nothing but time (fault B5)."""
    return Retrying(
        retry=retry_if_exception_type((OperationalError, InterfaceError)),
        stop=stop_after_delay(DATABASE_SECONDS),
        wait=wait_random_exponential(0.1, max=2),
        before_sleep=_tell,
        reraise=True,
    )


def _tell(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("database_away", tries=state.attempt_number, error=error and cause_of(error))
