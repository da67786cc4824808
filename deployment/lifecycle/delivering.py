"""Moves of a webhook's delivery: announced with the end of its run, tried, delivered or given up."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.clock import utcnow
from deployment.database import note_count
from deployment.lifecycle.swap import swap
from deployment.models import (
    Delivery,
    DeliveryStatus,
    DeliveryTry,
    EventType,
    Execution,
    ExecutionStatus,
    WebhookEndpoint,
    write_log,
)

_ENDPOINTS = (
    sa.select(WebhookEndpoint)
    .where(WebhookEndpoint.deployment_id == sa.bindparam("deployment"), WebhookEndpoint.active)
    .order_by(WebhookEndpoint.created_at)
)
EVENTS = {
    ExecutionStatus.COMPLETED: EventType.COMPLETED,
    ExecutionStatus.ERROR: EventType.FAILED,
    ExecutionStatus.STOPPED: EventType.STOPPED,
}

PATIENCE = timedelta(days=1)
"""How long a delivery is tried before it is given up."""
HOLD = timedelta(seconds=60)
"""How far a try moves the due time ahead: longer than the longest try, so that no two processes send at once."""
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 3600, 7200, 14400))
"""After each failed try; the last one is repeated. Each is stretched or shortened by up to a fifth."""


@dataclass(frozen=True)
class Tried:
    """What came of one try: the receiver's status, if it answered, and why that is a failure, if it is one."""

    at: datetime
    seconds: float
    status: int | None
    error: str | None


def announce(session: Session, run: Execution, to: ExecutionStatus, now: datetime) -> None:
    """Put the end of a run into the outbox, in the transaction that ends it, for everyone who wants to know of it."""
    own = [run.webhook_url] if run.webhook_url else []
    for url in dict.fromkeys([*_endpoints(session, run.deployment_id, EVENTS[to]), *own]):
        told = {"deployment_id": run.deployment_id, "execution_id": run.id, "event": EVENTS[to], "url": url}
        session.add(Delivery(created_at=now, due_at=now, **told))


def _endpoints(session: Session, deployment_id: UUID, event: str) -> list[str]:
    found = session.scalars(_ENDPOINTS, {"deployment": deployment_id})
    return [endpoint.url for endpoint in found if event in endpoint.events]


def take_delivery(session: Session, delivery_id: UUID) -> Delivery | None:
    """The delivery, if it is due and nobody else is at it; this try is counted."""
    now = utcnow()
    delivery = session.scalar(sa.select(Delivery).where(Delivery.id == delivery_id, Delivery.due_at <= now))
    if delivery is None:
        return None
    seen = (Delivery.id == delivery_id, Delivery.due_at == delivery.due_at)
    won = swap(session, Delivery, *seen, due_at=now + HOLD, tries=delivery.tries + 1)
    return delivery if won else None


def delivered(session: Session, delivery: Delivery, tried: Tried) -> bool:
    """PENDING → DELIVERED: the receiver has it."""
    to: dict[str, Any] = {"status": DeliveryStatus.DELIVERED, "error": None, "due_at": None, "ended_at": utcnow()}
    return _move(session, delivery, tried, f"Webhook delivered (try {delivery.tries + 1})", **to)


def not_delivered(session: Session, delivery: Delivery, tried: Tried, *, for_good: bool = False) -> bool:
    """Due again after a pause, or GIVEN_UP after a day, or at once if the failure is `for_good`."""
    now, tries, reason = utcnow(), delivery.tries + 1, tried.error or "not delivered"
    if for_good or now >= delivery.created_at + PATIENCE:
        to: dict[str, Any] = {"status": DeliveryStatus.GIVEN_UP, "error": reason, "due_at": None, "ended_at": now}
        message = f"Webhook given up after {tries} tries: {reason}"
        return _move(session, delivery, tried, message, failure=True, **to)
    again = min(now + _pause(tries), delivery.created_at + PATIENCE)
    message = f"Webhook not delivered (try {tries}): {reason}; next try at {again.isoformat(timespec='seconds')}"
    return _move(session, delivery, tried, message, failure=True, error=reason, due_at=again)


def redeliver(session: Session, delivery_id: UUID) -> bool:
    """Send once more what was delivered or given up, with a day of tries; False if it is being tried anyway."""
    now = utcnow()
    ended = (Delivery.id == delivery_id, Delivery.status != DeliveryStatus.PENDING)
    to: dict[str, Any] = {
        "status": DeliveryStatus.PENDING,
        "created_at": now,
        "due_at": now,
        "ended_at": None,
        "tries": 0,
    }
    return swap(session, Delivery, *ended, **to)


def _move(
    session: Session, delivery: Delivery, tried: Tried, message: str, *, failure: bool = False, **to: Any
) -> bool:
    """Only as the try that took it: one whose hold was over may have been overtaken."""
    mine = (Delivery.id == delivery.id, Delivery.status == DeliveryStatus.PENDING, Delivery.tries == delivery.tries + 1)
    won = swap(session, Delivery, *mine, **to)
    if won:
        _note(session, delivery, tried)
        note_count(session, "deliveries", outcome=str(to.get("status", "failed")).lower())
    if won and delivery.execution_id is not None:
        write_log(session, delivery.execution_id, message, failure=failure)
    return won


def _note(session: Session, delivery: Delivery, tried: Tried) -> None:
    outcome = {"response_status": tried.status, "error": tried.error}
    session.add(DeliveryTry(delivery_id=delivery.id, at=tried.at, seconds=tried.seconds, **outcome))


def _pause(tries: int) -> timedelta:
    pause = PAUSES[min(tries, len(PAUSES)) - 1]
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, no secret
