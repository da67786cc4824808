"""The reconciler: what no `except` can catch. It derives everything from the rows, at each pass anew.

Level-triggered, without memory, safe in any number: the swaps of `lifecycle` decide who acts. A pass costs what
is overdue, not what is stored. Status moves come first, in the database alone; objects have a time budget.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from uuid import UUID

import sqlalchemy as sa
import structlog

from deployment import lifecycle
from deployment.cleanup import clean_up, overdue_cleanups
from deployment.clock import utcnow
from deployment.models import Execution, ExecutionFile, FileStatus, Installation
from deployment.parts import Parts
from deployment.reconcile.overdue import BATCH, Only, overdue_executions, overdue_files
from deployment.reconcile.repair import repair_execution, repair_file, ticket_of
from deployment.retention import expired, purge

log = structlog.get_logger()

ROUNDS = 50
"""Batches in one pass; what is left over is the next pass's."""
OBJECT_SECONDS = 10
"""How long one pass spends on objects: a storage that hangs must delay no rescue."""


def reconcile(parts: Parts) -> Counter[str]:
    """One full pass. Returns how often it did what, by name; empty when nothing was overdue."""
    done = repair(parts)
    done += _tend_objects(parts)
    with parts.database.writing() as session:
        session.execute(sa.update(Installation).values(reconciled_at=utcnow()))
    if done:
        log.info("reconciled", **done)
    return done


def repair(parts: Parts, *only: sa.ColumnElement[bool]) -> Counter[str]:
    """Every overdue row makes its next legal move; `only` narrows it to some executions (read-repair)."""
    done: Counter[str] = Counter()
    for _ in range(ROUNDS):
        found = _repair_batch(parts, only, done)
        if found < BATCH:
            break
    return done


def _repair_batch(parts: Parts, only: Only, done: Counter[str]) -> int:
    with parts.database.reading() as session:
        executions = session.scalars(overdue_executions(parts.policy, only)).all()
        files = session.scalars(overdue_files(parts.policy, only)).all()
    for execution in executions:
        done[_isolated(parts, execution, partial(repair_execution, parts, execution))] += 1
    standing = _standing(parts, [file for file in files if file.status == FileStatus.QUEUED])
    for file in files:
        repaired = _isolated(parts, file, partial(repair_file, parts, file, standing=file in standing))
        done[repaired] += 1
    return max(len(executions), len(files))


def _isolated(parts: Parts, row: Execution | ExecutionFile, action: Callable[[], str]) -> str:
    """One row that cannot be repaired moves into the future, so that it holds up no other (fault C8)."""
    try:
        return action()
    except Exception:
        log.exception("repair_postponed", table=row.__tablename__, id=str(row.id))
        with parts.database.writing() as session:
            lifecycle.postpone(session, row, parts.policy)
        return "postponed"


def _standing(parts: Parts, files: list[ExecutionFile]) -> set[ExecutionFile]:
    """The QUEUED files whose tickets wait in the queue; all of them when the queue cannot be asked."""
    if not files:
        return set()
    try:
        answers = parts.dispatcher.in_queue([ticket_of(file) for file in files])
    except Exception as error:
        log.warning("queue_not_readable", error=str(error))
        return set(files)
    return {file for file, stands in zip(files, answers, strict=True) if stands}


def _tend_objects(parts: Parts) -> Counter[str]:
    done: Counter[str] = Counter()
    ends = time.monotonic() + OBJECT_SECONDS
    with parts.database.reading() as session:
        cleanups = session.scalars(overdue_cleanups(BATCH)).all()
        purges = session.scalars(expired(BATCH)).all()
    for name, act, ids in (("cleaned_up", clean_up, cleanups), ("purged", purge, purges)):
        for execution_id in ids:
            if time.monotonic() < ends and _acted(parts, act, execution_id):
                done[name] += 1
    return done


def _acted(parts: Parts, act: Callable[[Parts, UUID], bool], execution_id: UUID) -> bool:
    """One run whose objects cannot be dealt with holds up no other (promise 5)."""
    try:
        return act(parts, execution_id)
    except Exception:
        log.exception("objects_postponed", execution_id=str(execution_id))
        return False
