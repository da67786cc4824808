"""Forgetting: `HISTORY_TTL` after a result has expired, all that is left of its run goes.

In batches: one short transaction takes a batch, then the storage is asked for what may be left there, then another
one deletes rows. What cannot be deleted has its turn in the future already, and holds up no other.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from deployment.causes import cause_of
from deployment.clock import utcnow
from deployment.instants import NOW
from deployment.models import Delivery, DeliveryTry, Execution, ExecutionFile, ExecutionLabel, LogLine
from deployment.parts import Parts
from storage import StorageError, names

log = structlog.get_logger()

AT_ONCE = 100
"""Runs in one transaction: with 32 files each, and their log, it still takes less than a second."""
PAUSE = timedelta(minutes=10)
"""How far a batch moves ahead when it is taken, and so until what could not be deleted is tried again."""
BELONGINGS = (LogLine.execution_id, ExecutionLabel.execution_id, Delivery.execution_id, ExecutionFile.execution_id)
"""What refers to a run, in the order in which it can be deleted."""


@cache
def forgettable(limit: int) -> sa.Select[UUID]:
    """The ids of runs to be forgotten, the longest overdue first."""
    return sa.select(Execution.id).where(*_is_forgettable()).order_by(Execution.forget_at).limit(limit)


def forget(parts: Parts, ids: Sequence[UUID], ends: float) -> int:
    """Delete those of `ids` that nobody else is at, with all that they have stored; return how many.

    `ends` is on the monotonic clock; what is not reached until then is due as before.
    """
    taken, mark = _take(parts, ids)
    empty = []
    for number, execution_id in enumerate(taken):
        if time.monotonic() >= ends:
            _release(parts, taken[number:], mark)
            break
        if _is_empty(parts, execution_id):
            empty.append(execution_id)
    return _deleted(parts, empty, mark)


def _is_forgettable() -> tuple[sa.ColumnElement[bool], ...]:
    return (Execution.forget_at.is_not(None), Execution.forget_at <= NOW, *_has_nothing_due())


def _has_nothing_due() -> tuple[sa.ColumnElement[bool], ...]:
    still_told = sa.exists().where(Delivery.execution_id == Execution.id, Delivery.due_at.is_not(None))
    return (Execution.cleanup_due_at.is_(None), ~still_told)


def _take(parts: Parts, ids: Sequence[UUID]) -> tuple[Sequence[UUID], datetime]:
    """What nobody else takes, and the instant to which its turn was moved: as long as that stands, it is ours."""
    mark, due = utcnow() + PAUSE, sa.select(Execution.id).where(Execution.id.in_(ids), *_is_forgettable())
    with parts.database.writing() as session:
        taken = session.scalars(due.with_for_update(skip_locked=True)).all()
        _move(session, taken, mark)
    return taken, mark


def _release(parts: Parts, ids: Sequence[UUID], mark: datetime) -> None:
    with parts.database.writing() as session:
        _move(session, ids, utcnow(), Execution.forget_at == mark)


def _move(session: Session, ids: Sequence[UUID], to: datetime, *where: sa.ColumnElement[bool]) -> None:
    _write(session, sa.update(Execution).where(Execution.id.in_(ids), *where).values(forget_at=to))


def _write(session: Session, statement: sa.Update | sa.Delete) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})


def _is_empty(parts: Parts, execution_id: UUID) -> bool:
    """As a rule the purge has left nothing; once the row is gone, nobody would find what came later."""
    try:
        parts.store.delete_prefix(names.execution(execution_id))
    except StorageError as error:
        log.warning("forgetting_postponed", execution_id=str(execution_id), error=cause_of(error))
        return False
    return True


def _deleted(parts: Parts, ids: Sequence[UUID], mark: datetime) -> int:
    """In one transaction; where a row resists, in two, and so on, until it stands alone."""
    try:
        with parts.database.writing() as session:
            return _delete(session, ids, mark)
    except IntegrityError as error:
        if len(ids) == 1:
            log.error("forgetting_postponed", execution_id=str(ids[0]), error=str(error.orig))
            return 0
    half = len(ids) // 2
    return _deleted(parts, ids[:half], mark) + _deleted(parts, ids[half:], mark)


def _delete(session: Session, ids: Sequence[UUID], mark: datetime) -> int:
    """A delivery that was made due in this moment is left alone, and keeps its run."""
    ours = sa.select(Execution.id).where(Execution.id.in_(ids), Execution.forget_at == mark, *_has_nothing_due())
    found = session.scalars(ours.with_for_update()).all()
    told = sa.select(Delivery.id).where(Delivery.execution_id.in_(found), Delivery.due_at.is_(None))
    _write(session, sa.delete(DeliveryTry).where(DeliveryTry.delivery_id.in_(told)))
    for belongs_to in BELONGINGS:
        spared = (Delivery.due_at.is_(None),) if belongs_to is Delivery.execution_id else ()
        _write(session, sa.delete(belongs_to.class_).where(belongs_to.in_(found), *spared))
    _write(session, sa.delete(Execution).where(Execution.id.in_(found)))
    return len(found)
