"""Messages of webhooks: what a receiver is told, signed after the Standard Webhooks specification 1.0.

The result is not in a message, which says where to read it.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook

from deployment.clock import utcnow
from deployment.models import TEST_EVENT, Delivery, Deployment, Execution

Message = dict[str, Any]


def told_of(execution: Execution, event: str) -> Message:
    """The end of a run: `type` is execution.completed, execution.failed or execution.stopped."""
    deployment = execution.deployment
    path = f"/deployment/api/{deployment.organization.name}/{deployment.name}/"
    files = [
        {"file": file.name, "file_execution_id": str(file.id), "status": file.status, "error": file.error}
        for file in execution.files
    ]
    data = {
        "execution_id": str(execution.id),
        "execution_status": execution.status,
        "error": execution.error,
        **_whose(deployment),
        "tags": execution.tags,
        "metadata": execution.caller_metadata,
        "custom_data": execution.custom_data,
        "status_api": f"{path}?execution_id={execution.id}",
        "execution": f"/v1/executions/{execution.id}",
        "files": files,
    }
    return _message(event, execution.ended_at or utcnow(), data)


def sample_message(deployment: Deployment, at: datetime) -> Message:
    """What somebody has asked for, to see that it arrives."""
    return _message(TEST_EVENT, at, {**_whose(deployment), "note": "A test: nothing has happened."})


def signed(message: Message, delivery: Delivery, deployment: Deployment) -> tuple[bytes, dict[str, str]]:
    """Body and headers. For a while after a rotation both secrets sign, so that a receiver can change its own."""
    now, body = utcnow(), json.dumps(message).encode()
    secrets = [deployment.webhook_secret or ""]
    if deployment.webhook_previous_secret and (deployment.webhook_previous_until or now) > now:
        secrets.append(deployment.webhook_previous_secret)
    signatures = [Webhook(secret).sign(str(delivery.id), now, body.decode()) for secret in secrets]
    headers = {
        "content-type": "application/json",
        "user-agent": "airlock-webhooks",
        "webhook-id": str(delivery.id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return body, headers


def _message(event: str, at: datetime, data: Message) -> Message:
    return {"type": event, "timestamp": at.isoformat(), "data": data}


def _whose(deployment: Deployment) -> Message:
    return {"organization": deployment.organization.name, "deployment": deployment.name}
