"""Deliveries: the end of a run, told to whoever wants to know of it.

At least once: a receiver tells repetitions by the header `webhook-id`.
"""

from __future__ import annotations

import time
from functools import cache
from uuid import UUID

import httpcore
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, joinedload
from structlog.contextvars import bound_contextvars

from deployment import lifecycle
from deployment.checked_network import AddressRefused
from deployment.clock import utcnow
from deployment.instants import NOW
from deployment.lifecycle.delivering import Tried
from deployment.messages import Message, sample_message, signed, told_of
from deployment.models import Delivery, Deployment, Execution, with_files
from deployment.outbound import InvalidUrl, post
from deployment.parts import Parts
from deployment.tracing import HEADER, span, traceparent
from guards import reason_of

log = structlog.get_logger()

GONE = 410
"""The receiver says that it wants no more messages: the specification says to stop."""
FAILURES = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    AddressRefused,
    InvalidUrl,
    OSError,
)


def deliver(parts: Parts, delivery_id: UUID) -> bool:
    """Try a delivery, if it is due and nobody else is at it; say whether the receiver took it."""
    with parts.database.writing() as session:
        delivery = lifecycle.take_delivery(session, delivery_id)
        deployment = _deployment(session, delivery) if delivery else None
        message = _message(session, delivery, deployment) if delivery and deployment else None
        trace = _trace(session, delivery) if delivery else None
    if delivery is None or deployment is None or message is None:
        return False
    with bound_contextvars(execution_id=str(delivery.execution_id)), span("deliver", trace, **_told(delivery)):
        return _delivered(parts, delivery, message, deployment)


def _delivered(parts: Parts, delivery: Delivery, message: Message, deployment: Deployment) -> bool:
    body, headers = signed(message, delivery, deployment)
    tried = _try(parts, delivery, body, headers | ({HEADER: here} if (here := traceparent()) else {}))
    with parts.database.writing() as session:
        if tried.error is None:
            log.info("webhook_delivered", delivery_id=str(delivery.id), seconds=tried.seconds)
            return lifecycle.delivered(session, delivery, tried)
        for_good = tried.status == GONE or delivery.execution_id is None
        lifecycle.not_delivered(session, delivery, tried, for_good=for_good)
    log.warning("webhook_not_delivered", delivery_id=str(delivery.id), reason=tried.error)
    return False


@cache
def overdue_deliveries(limit: int) -> sa.Select[UUID]:
    """The ids of deliveries that are due, the longest overdue first."""
    due = sa.select(Delivery.id).where(Delivery.due_at.is_not(None), Delivery.due_at <= NOW)
    return due.order_by(Delivery.due_at).limit(limit)


def _try(parts: Parts, delivery: Delivery, body: bytes, headers: dict[str, str]) -> Tried:
    at, began, status = utcnow(), time.monotonic(), None
    try:
        status = post(delivery.url, body, headers, private=parts.policy.private_webhooks)
        error = None if 200 <= status < 300 else _refusal(status)
    except FAILURES as failure:
        error = str(failure) if isinstance(failure, AddressRefused) else reason_of(failure)
    return Tried(at, round(time.monotonic() - began, 3), status, error)


def _refusal(status: int) -> str:
    redirect = "; redirects are not followed" if 300 <= status < 400 else ""
    return f"the receiver answered {status}{redirect}"


def _told(delivery: Delivery) -> dict[str, str]:
    return {"airlock.execution": str(delivery.execution_id), "airlock.delivery": str(delivery.id)}


def _trace(session: Session, delivery: Delivery) -> str | None:
    """Of the run, which is at hand."""
    run = session.get(Execution, delivery.execution_id) if delivery.execution_id else None
    return run.traceparent if run else None


def _message(session: Session, delivery: Delivery, deployment: Deployment) -> Message | None:
    if delivery.execution_id is None:
        return sample_message(deployment, delivery.created_at)
    execution = with_files(session, session.get(Execution, delivery.execution_id))
    return told_of(execution, delivery.event) if execution else None


def _deployment(session: Session, delivery: Delivery) -> Deployment | None:
    whole = sa.select(Deployment).options(joinedload(Deployment.organization))
    return session.scalar(whole.where(Deployment.id == delivery.deployment_id))
