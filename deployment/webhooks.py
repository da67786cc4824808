"""Webhooks of a deployment: its endpoints, and the secret with which messages to them are signed."""

from __future__ import annotations

import secrets
from base64 import b64encode

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.models import Deployment, WebhookEndpoint
from deployment.outbound import check_url


def set_webhook(session: Session, deployment: Deployment, url: str, *, private: bool) -> str | None:
    """Make `url` the only endpoint, which is told of every end; with "", there is none any more.

    The secret is made with the first endpoint, and kept with others: it is returned if it is new. Raises `InvalidUrl`.
    """
    if url:
        check_url(url, private=private)
    others = sa.delete(WebhookEndpoint).where(
        WebhookEndpoint.deployment_id == deployment.id, WebhookEndpoint.url != url
    )
    session.execute(others)
    if not url:
        return None
    if not _has(session, deployment, url):
        session.add(WebhookEndpoint(deployment_id=deployment.id, url=url))
    return require_secret(deployment)


def require_secret(deployment: Deployment) -> str | None:
    """See that there is a secret, and return it if it is new: 256 bits, written as Standard Webhooks has it."""
    if deployment.webhook_secret is not None:
        return None
    deployment.webhook_secret = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
    return deployment.webhook_secret


def _has(session: Session, deployment: Deployment, url: str) -> bool:
    mine = sa.select(WebhookEndpoint.id).where(WebhookEndpoint.deployment_id == deployment.id)
    return session.scalar(mine.where(WebhookEndpoint.url == url)) is not None
