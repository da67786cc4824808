"""History: the result of an earlier file in place of a run, for callers who ask for it by `use_file_history`.

Two files are the same if all is the same on which a result may depend; their fingerprints say so. The name and the
tags are labels for people: only the ending of the name counts, since it tells apart formats of text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from deployment.attempt import Attempt
from deployment.causes import cause_of
from deployment.clock import utcnow
from deployment.fingerprint import fingerprint
from deployment.models import Execution, ExecutionFile, FileStatus
from deployment.parts import Parts
from deployment.results import read_again
from storage import StorageError
from workflows import Result

log = structlog.get_logger()


@dataclass(frozen=True)
class Made:
    """A result, by what it can be found again, and whether an earlier run has made it."""

    result: Result
    fingerprint: str
    from_history: bool = False


def fingerprint_of(execution: Execution, file: ExecutionFile, version: str) -> str:
    """Of all that the result depends on; `version` is that of the workflow as the worker has it, which makes it."""
    return fingerprint(
        execution.organization_id,
        execution.workflow,
        version,
        execution.options,
        execution.custom_data,
        PurePath(file.name).suffix.lower(),
        file.sha256,
    )


def earlier_result(parts: Parts, execution: Execution, mark: str) -> Result | None:
    """The newest result with that fingerprint that can still be read; without one, the workflow has to run.

    A database or storage that is away costs a run, too: it must not cost the file.
    """
    try:
        found = _earlier(parts, execution, mark)
        return read_again(parts.store, found) if found else None
    except (SQLAlchemyError, StorageError, ValueError) as error:
        log.warning("history_not_readable", error=cause_of(error))
        return None


def _earlier(parts: Parts, execution: Execution, mark: str) -> Attempt | None:
    readable = sa.or_(Execution.expires_at.is_(None), Execution.expires_at > utcnow())
    question = (
        sa.select(ExecutionFile.execution_id, ExecutionFile.id, ExecutionFile.attempt)
        .join(Execution, Execution.id == ExecutionFile.execution_id)
        .where(ExecutionFile.fingerprint == mark, ExecutionFile.status == FileStatus.SUCCESS)
        .where(Execution.organization_id == execution.organization_id, readable, Execution.purged_at.is_(None))
        .order_by(ExecutionFile.ended_at.desc())
        .limit(1)
    )
    with parts.database.reading() as session:
        found = session.execute(question).one_or_none()
    return Attempt(*found) if found else None
