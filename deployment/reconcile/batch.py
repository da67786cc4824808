"""One batch of overdue rows: first all moves, in the database alone, then one call to the queue for all tickets.

So a queue that hangs is met at most three times in a batch, and a row that cannot be repaired holds up no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from deployment import lifecycle
from deployment.causes import cause_of
from deployment.dispatch import hand_out
from deployment.models import Execution, ExecutionFile, ExecutionStatus, FileStatus
from deployment.parts import Parts
from deployment.reconcile.overdue import BATCH, Only, anything_overdue, overdue_executions, overdue_files
from deployment.reconcile.repair import NOTHING, Repair, repair_execution, repair_file, ticket_of

log = structlog.get_logger()

LOCK_WAIT = "SET LOCAL lock_timeout = '1s'"
"""Who holds a row's lock is at work on it: the row is looked at again in the next pass."""


def repair_batch(parts: Parts, only: Only) -> tuple[Counter[str], bool]:
    """What was done, by name, and whether there may be more."""
    with parts.database.reading() as session:
        if not session.scalar(anything_overdue(parts.policy, only)):
            return Counter(), False
        executions = session.scalars(overdue_executions(parts.policy, only)).all()
        files = session.scalars(overdue_files(parts.policy, only)).all()
    repairs = [*_repaired_runs(parts, executions), *_repaired_files(parts, files)]
    hand_out(parts.dispatcher, [ticket for repair in repairs for ticket in repair.tickets])
    return Counter(repair.done for repair in repairs if repair.done), BATCH in (len(executions), len(files))


def _repaired_runs(parts: Parts, executions: Sequence[Execution]) -> Iterator[Repair]:
    for execution in executions:
        reason = parts.last_words.find(execution.id) if execution.status == ExecutionStatus.PENDING else None
        yield _isolated(parts, execution, partial(repair_execution, row=execution, policy=parts.policy, reason=reason))


def _repaired_files(parts: Parts, files: Sequence[ExecutionFile]) -> Iterator[Repair]:
    """Those whose worker is dead first: for the others the queue must be asked."""
    queued = [file for file in files if file.status == FileStatus.QUEUED]
    for file in files:
        if file not in queued:
            yield _isolated(parts, file, partial(repair_file, file=file, policy=parts.policy, standing=False))
    standing = _standing(parts, queued)
    for file in queued:
        yield _isolated(parts, file, partial(repair_file, file=file, policy=parts.policy, standing=file in standing))


def _isolated(parts: Parts, row: Execution | ExecutionFile, action: Callable[[Session], Repair]) -> Repair:
    """One row that cannot be repaired moves into the future, so that it holds up no other (fault C8)."""
    try:
        return _in_transaction(parts, action)
    except Exception as error:
        if _is_locked(error):
            log.info("repair_left_to_the_lock_holder", table=row.__tablename__, id=str(row.id))
            return NOTHING
        log.exception("repair_postponed", table=row.__tablename__, id=str(row.id))
        return _in_transaction(parts, partial(_postponed, row=row, parts=parts))


def _in_transaction(parts: Parts, action: Callable[[Session], Repair]) -> Repair:
    with parts.database.writing() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text(LOCK_WAIT))
        return action(session)


def _postponed(session: Session, row: Execution | ExecutionFile, parts: Parts) -> Repair:
    return Repair("postponed") if lifecycle.postpone(session, row, parts.policy) else NOTHING


def _is_locked(error: Exception) -> bool:
    """PostgreSQL's lock_not_available and deadlock_detected."""
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) in ("55P03", "40P01")


def _standing(parts: Parts, files: list[ExecutionFile]) -> set[ExecutionFile]:
    """The QUEUED files whose tickets wait in the queue; all of them when the queue cannot be asked."""
    if not files:
        return set()
    try:
        answers = parts.dispatcher.in_queue([ticket_of(file) for file in files])
    except Exception as error:
        log.warning("queue_not_readable", error=cause_of(error))
        return set(files)
    return {file for file, stands in zip(files, answers, strict=True) if stands}
