"""Executing one claimed file, in the work-horse: fetch the input, run the workflow, store the result, end the file."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

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
from deployment.cleanup import clean_up
from deployment.dispatch import Ticket, hand_out
from deployment.lifecycle import Move
from deployment.models import Execution, ExecutionFile, FileStatus
from deployment.parts import Parts
from deployment.results import store_result
from guards import reason_of, redact
from storage import StorageError, names
from workflows import DocumentError, Result, run

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
        failure = _failure(parts, work)
        move = _commit(parts, _ending(parts, ticket, failure))
        log.info("file_ended", attempt=ticket.attempt, won=move.won, error=failure)
        if move.ended:
            clean_up(parts, ticket.execution_id)


def _load(parts: Parts, ticket: Ticket, worker: str) -> Work | None:
    for attempt in _database_tries():
        with attempt, parts.database.reading() as session:
            file = session.get(ExecutionFile, ticket.file_id)
            execution = session.get(Execution, ticket.execution_id)
    if file is None or execution is None or file.status != FileStatus.EXECUTING:
        return None
    held = file.attempt == ticket.attempt and file.worker == worker
    return Work(ticket, file, execution) if held else None


def _failure(parts: Parts, work: Work) -> str | None:
    """Run the workflow and store its result; the reason if either fails, for the caller to read."""
    try:
        result = _run(parts, work)
        for attempt in _storage_tries():
            with attempt:
                store_result(parts.store, work.execution.id, work.file.id, work.ticket.attempt, result)
    except DocumentError as error:
        return redact(str(error)) or reason_of(error)
    except StorageError as error:
        return f"storage_failed: {reason_of(error)}"
    except (Exception, SystemExit) as error:  # a library that says exit() ends its file, not its worker
        log.exception("workflow_failed")
        return reason_of(error)
    return None


def _run(parts: Parts, work: Work) -> Result:
    file, execution = work.file, work.execution
    with tempfile.TemporaryDirectory(prefix="airlock-") as folder:
        path = Path(folder) / "document"
        for attempt in _storage_tries():
            with attempt:
                _fetch(parts, work, path)
        return run(
            parts.workflows.get(execution.workflow),
            path,
            name=file.name,
            size=file.size,
            sha256=file.sha256,
            options=execution.options,
            custom_data=execution.custom_data,
            tags=tuple(execution.tags),
        )


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


def _ending(parts: Parts, ticket: Ticket, failure: str | None) -> Callable[[Session], Move]:
    if failure is None:
        return lambda session: lifecycle.succeed(session, ticket, parts.policy)
    return lambda session: lifecycle.fail(session, ticket, parts.policy, failure)


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
    log.warning("database_away", tries=state.attempt_number, error=type(error).__name__)
