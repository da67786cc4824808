"""Webhooks of a deployment: its endpoints, the secret with which messages to them are signed, and tests of them."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.clock import utcnow
from deployment.models import TEST_EVENT, Delivery, Deployment, EventType, WebhookEndpoint, audit
from deployment.outbound import check_url

MOST = 10
"""Endpoints of one deployment."""


class TooMany(Exception):
    """A deployment has ten endpoints at most."""


class NoSecret(Exception):
    """This deployment has no secret to sign with: rotate it first, which makes one."""


def set_webhook(session: Session, deployment: Deployment, url: str, *, by: str, private: bool) -> str | None:
    """Make `url` the only endpoint, which is told of every end; with "", there is none any more.

    The secret is made with the first endpoint, and kept with others: it is returned if it is new. Raises `InvalidUrl`.
    """
    if url:
        check_url(url, private=private)
    there = {endpoint.url: endpoint for endpoint in endpoints_of(session, deployment)}
    for other in there.keys() - {url}:
        remove_endpoint(session, there[other], deployment.organization_id, by=by)
    if not url:
        return None
    if url in there:
        to = {"events": list(EventType), "active": True}
        change_endpoint(session, there[url], deployment.organization_id, by=by, **to)
    else:
        add_endpoint(session, deployment, url, list(EventType), by=by, private=private)
    return require_secret(deployment)


def add_endpoint(
    session: Session, deployment: Deployment, url: str, events: list[str], *, by: str, private: bool
) -> WebhookEndpoint:
    """One more endpoint, which is told of `events`; raises `InvalidUrl`, and `TooMany`."""
    check_url(url, private=private)
    if len(endpoints_of(session, deployment)) >= MOST:
        raise TooMany
    endpoint = WebhookEndpoint(deployment_id=deployment.id, url=url, events=events)
    session.add(endpoint)
    session.flush()
    audit(session, deployment.organization_id, by, "webhook.added", _told(endpoint), events=events)
    return endpoint


def change_endpoint(session: Session, endpoint: WebhookEndpoint, organization_id: UUID, *, by: str, **to: Any) -> None:
    """Change the `url`, the `events`, or whether it is `active`."""
    for name, value in to.items():
        setattr(endpoint, name, value)
    audit(session, organization_id, by, "webhook.changed", _told(endpoint), changed=sorted(to))


def remove_endpoint(session: Session, endpoint: WebhookEndpoint, organization_id: UUID, *, by: str) -> None:
    """What is on its way to it is still sent."""
    audit(session, organization_id, by, "webhook.removed", _told(endpoint))
    session.delete(endpoint)


def rotate_secret(session: Session, deployment: Deployment, *, overlap: timedelta, by: str) -> str:
    """A new secret, which is returned; the old one signs, too, for `overlap`. So the first one is made, too."""
    if deployment.webhook_secret is not None:
        deployment.webhook_previous_secret = deployment.webhook_secret
        deployment.webhook_previous_until = utcnow() + overlap
        deployment.webhook_secret = None
    audit(session, deployment.organization_id, by, "webhook.secret_rotated", deployment.name)
    return str(require_secret(deployment))


def sample(session: Session, endpoint: WebhookEndpoint) -> Delivery:
    """A delivery of a test message, which is due now; raises `NoSecret`."""
    if session.get_one(Deployment, endpoint.deployment_id).webhook_secret is None:
        raise NoSecret
    now = utcnow()
    told = {"deployment_id": endpoint.deployment_id, "event": TEST_EVENT, "url": endpoint.url}
    delivery = Delivery(id=uuid4(), execution_id=None, created_at=now, due_at=now, **told)
    session.add(delivery)
    session.flush()
    return delivery


def require_secret(deployment: Deployment) -> str | None:
    """See that there is a secret, and return it if it is new: 256 bits, written as Standard Webhooks has it."""
    if deployment.webhook_secret is not None:
        return None
    deployment.webhook_secret = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
    return deployment.webhook_secret


def endpoints_of(session: Session, deployment: Deployment) -> Sequence[WebhookEndpoint]:
    """Those of a deployment, the oldest first."""
    mine = sa.select(WebhookEndpoint).where(WebhookEndpoint.deployment_id == deployment.id)
    return session.scalars(mine.order_by(WebhookEndpoint.created_at, WebhookEndpoint.id)).all()


def endpoint_of(session: Session, deployment: Deployment, endpoint_id: UUID) -> WebhookEndpoint | None:
    """The endpoint, if it is one of this deployment."""
    endpoint = session.get(WebhookEndpoint, endpoint_id)
    return endpoint if endpoint is not None and endpoint.deployment_id == deployment.id else None


def _told(endpoint: WebhookEndpoint) -> str:
    """For the audit: a query may have a secret in it."""
    return endpoint.url.partition("?")[0][:160]
