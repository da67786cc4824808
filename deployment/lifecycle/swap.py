"""The compare-and-swap that every move is made of, and the lock that every move of a run takes first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.models import Execution

_LOCKED = sa.select(Execution).where(Execution.id == sa.bindparam("execution")).with_for_update()


def swap(session: Session, model: type[Any], *expected: sa.ColumnElement[bool], **values: Any) -> bool:
    """Write `values` to the row that is as `expected`; say whether there was one, that is, whether we won."""
    statement = sa.update(model).where(*expected).values(**values)
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]


def locked(session: Session, execution_id: UUID) -> Execution | None:
    """The execution, locked until the transaction ends. Files are only touched under this lock."""
    return session.scalar(_LOCKED, {"execution": execution_id})
