"""Deleting a run on request: what it has stored goes at once, and its row keeps what an audit needs, and no more."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from deployment.cleanup import clean_up
from deployment.clock import utcnow
from deployment.lifecycle.swap import locked, swap
from deployment.models import (
    Delivery,
    DeliveryTry,
    Execution,
    ExecutionFile,
    ExecutionLabel,
    LogLine,
    WebhookEndpoint,
    audit,
    write_log,
)
from deployment.parts import Parts

log = structlog.get_logger()
NOT_SAID = "deleted on request"
"""Instead of a reason: reasons name files, and quote what libraries say of them."""


def delete_run(parts: Parts, execution_id: UUID, actor: str) -> bool:
    """Delete what is stored of a run that has ended, and all words of its caller; say whether the storage is empty.

    If the storage is away its objects are due to go, as those of any expired run. To delete a run twice is no error.
    """
    with parts.database.writing() as session:
        execution = locked(session, execution_id)
        if execution is None or execution.live:
            return False
        if execution.deleted_at is None:
            _withdraw_own_webhook(session, execution)
            _forget_words(session, execution)
            audit(session, execution.organization_id, actor, "execution.deleted", str(execution_id))
    log.info("execution_deleted", execution_id=str(execution_id), by=actor)
    return clean_up(parts, execution_id) or _is_purged(parts, execution_id)


def _withdraw_own_webhook(session: Session, execution: Execution) -> None:
    """What is said to the URL that the request has named: its address is the caller's word, and may have a secret."""
    same = WebhookEndpoint.url == Delivery.url
    known = sa.exists().where(WebhookEndpoint.deployment_id == Delivery.deployment_id, same)
    own = (Delivery.execution_id == execution.id, Delivery.url == execution.webhook_url, ~known)
    tries = DeliveryTry.delivery_id.in_(sa.select(Delivery.id).where(*own))
    for question in (sa.delete(DeliveryTry).where(tries), sa.delete(Delivery).where(*own)):
        session.execute(question, execution_options={"synchronize_session": False})


def _forget_words(session: Session, execution: Execution) -> None:
    """What stays: ids, states, instants, sizes and hashes. Its key for repetitions stays, too, with its own time."""
    now = utcnow()
    swap(
        session,
        Execution,
        Execution.id == execution.id,
        deleted_at=now,
        expires_at=now,
        cleanup_due_at=now,
        purged_at=None,
        forget_at=None,
        tags=[],
        custom_data={},
        caller_metadata={},
        options={},
        webhook_url=None,
        error=sa.case((Execution.error.is_(None), None), else_=NOT_SAID),
    )
    session.execute(
        sa.update(ExecutionFile)
        .where(ExecutionFile.execution_id == execution.id)
        .values(
            name="",
            fingerprint=None,
            error=sa.case((ExecutionFile.error.is_(None), None), else_=NOT_SAID),
        ),
        execution_options={"synchronize_session": False},
    )
    for model in (LogLine, ExecutionLabel):
        session.execute(sa.delete(model).where(model.execution_id == execution.id))
    write_log(session, execution.id, "Deleted on request: its inputs, its results and what its caller said of it")


def _is_purged(parts: Parts, execution_id: UUID) -> bool:
    with parts.database.reading() as session:
        purged = sa.select(Execution.purged_at).where(Execution.id == execution_id)
        return session.scalar(purged) is not None
