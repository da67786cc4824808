"""Idempotency: a key that the caller chose names one run for a day, so a repeated request makes no second one.

After the Idempotency-Key draft of the IETF (draft-ietf-httpapi-idempotency-key-header-07). The key stands in the row
of its run, written in the transaction that makes it; a run that ends before its seal gives it back in that same move.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.clock import utcnow
from deployment.models import Execution, ExecutionStatus

KEPT = timedelta(hours=24)
"""How long a key names its run; afterwards it may name another one."""


class KeyInUse(Exception):
    """There is a run of this Idempotency-Key."""

    def __init__(self, execution_id: UUID) -> None:
        super().__init__(self.__doc__)
        self.execution_id = execution_id


class AlreadyAccepted(KeyInUse):
    """A request with this Idempotency-Key was accepted before."""


class StillAccepting(KeyInUse):
    """A request with this Idempotency-Key is being accepted at this moment. Send it again in a few seconds."""


class KeyReused(Exception):
    """This Idempotency-Key was sent with another request. Choose a new key for each new request."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def look_for_run(session: Session, api_key_id: UUID | None, key: str | None, fingerprint: str | None) -> None:
    """Raise `AlreadyAccepted` or `StillAccepting` if `key` names a run, `KeyReused` if that is of another request."""
    if key is None:
        return
    recent = Execution.created_at > utcnow() - KEPT
    run = session.scalar(sa.select(Execution).where(*_named(api_key_id, key), recent))
    if run is None:
        return
    if run.idempotency_fingerprint != fingerprint:
        raise KeyReused
    raise StillAccepting(run.id) if run.status == ExecutionStatus.PENDING else AlreadyAccepted(run.id)


def take_key(session: Session, execution: Execution) -> None:
    """Let this transaction store `execution` under its key; raises as `look_for_run` does.

    The caller has locked the API key's row, so of two requests at once the second sees the first one's run.
    """
    owner, key = execution.api_key_id, execution.idempotency_key
    look_for_run(session, owner, key, execution.idempotency_fingerprint)
    if key is not None:
        session.execute(sa.update(Execution).where(*_named(owner, key)).values(idempotency_key=None))


def _named(api_key_id: UUID | None, key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (Execution.api_key_id == api_key_id, Execution.idempotency_key == key)
