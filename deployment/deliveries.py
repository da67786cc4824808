"""Deliveries: the end of a run, told to its webhook, signed after the Standard Webhooks specification 1.0.

At least once: a receiver tells repetitions by the header `webhook-id`. The result is not in the message, which
says where to read it.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import httpcore
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import joinedload, selectinload
from standardwebhooks import Webhook

from deployment import lifecycle
from deployment.checked_network import AddressRefused
from deployment.clock import utcnow
from deployment.lifecycle.delivering import EVENTS
from deployment.models import Delivery, Deployment, Execution, ExecutionStatus
from deployment.outbound import InvalidUrl, post
from deployment.parts import Parts
from guards import reason_of

log = structlog.get_logger()

GONE = 410
"""The receiver says that it wants no more messages: the specification says to stop."""


class NotTaken(Exception):
    """The receiver did not answer with 2xx."""

    def __init__(self, status: int) -> None:
        redirect = "; redirects are not followed" if 300 <= status < 400 else ""
        super().__init__(f"the receiver answered {status}{redirect}")
        self.for_good = status == GONE


def deliver(parts: Parts, delivery_id: UUID) -> bool:
    """Try a delivery, if it is due and nobody else is at it; say whether the receiver took it."""
    with parts.database.writing() as session:
        delivery = lifecycle.take_delivery(session, delivery_id)
        execution = _execution(session, delivery.execution_id) if delivery and delivery.execution_id else None
    if delivery is None or execution is None:
        return False
    failure = _send(parts, delivery, execution)
    with parts.database.writing() as session:
        if failure is None:
            return lifecycle.delivered(session, delivery)
        lifecycle.not_delivered(session, delivery, _reason(failure), for_good=getattr(failure, "for_good", False))
    log.warning("webhook_not_delivered", execution_id=str(execution.id), reason=_reason(failure))
    return False


def overdue_deliveries(limit: int) -> sa.Select[UUID]:
    """The ids of deliveries that are due, the longest overdue first."""
    due = sa.select(Delivery.id).where(Delivery.due_at.is_not(None), Delivery.due_at <= utcnow())
    return due.order_by(Delivery.due_at).limit(limit)


def message(execution: Execution, at: datetime) -> dict[str, Any]:
    """What a receiver gets: `type` is execution.completed, execution.failed or execution.stopped."""
    deployment = execution.deployment
    path = f"/deployment/api/{deployment.organization.name}/{deployment.name}/"
    return {
        "type": EVENTS[ExecutionStatus(execution.status)],
        "timestamp": at.isoformat(),
        "data": {
            "execution_id": str(execution.id),
            "execution_status": execution.status,
            "error": execution.error,
            "organization": deployment.organization.name,
            "deployment": deployment.name,
            "tags": execution.tags,
            "custom_data": execution.custom_data,
            "status_api": f"{path}?execution_id={execution.id}",
            "files": [
                {"file": file.name, "file_execution_id": str(file.id), "status": file.status, "error": file.error}
                for file in execution.files
            ],
        },
    }


def _send(parts: Parts, delivery: Delivery, execution: Execution) -> Exception | None:
    try:
        status = post(delivery.url, *_signed(delivery, execution), private=parts.policy.private_webhooks)
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        return error
    except (AddressRefused, InvalidUrl, OSError) as error:
        return error
    return None if 200 <= status < 300 else NotTaken(status)


def _signed(delivery: Delivery, execution: Execution) -> tuple[bytes, dict[str, str]]:
    now = utcnow()
    body = json.dumps(message(execution, execution.ended_at or now)).encode()
    secret = execution.deployment.webhook_secret or ""
    headers = {
        "content-type": "application/json",
        "user-agent": "airlock-webhooks",
        "webhook-id": str(delivery.id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(str(delivery.id), now, body.decode()),
    }
    return body, headers


def _reason(failure: Exception) -> str:
    return str(failure) if isinstance(failure, NotTaken | AddressRefused) else reason_of(failure)


def _execution(session: Any, execution_id: UUID) -> Execution | None:
    whole = joinedload(Execution.deployment).joinedload(Deployment.organization)
    question = sa.select(Execution).where(Execution.id == execution_id).options(whole, selectinload(Execution.files))
    found: Execution | None = session.scalar(question)
    return found
