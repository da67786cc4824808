"""Webhooks of a deployment, on its page: added, switched, removed, tested; the secret rotated and shown once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from deployment.api.waiting import required_seat
from deployment.console.page import form
from deployment.console.people import actor, nothing, visible_deployment
from deployment.deliveries import deliver
from deployment.models import Delivery, DeliveryStatus, Deployment, EventType, Role, WebhookEndpoint
from deployment.outbound import InvalidUrl
from deployment.parts import current_parts as parts
from deployment.webhooks import (
    NoSecret,
    TooMany,
    add_endpoint,
    change_endpoint,
    endpoint_of,
    remove_endpoint,
    require_secret,
    rotate_secret,
    sample,
)

OVERLAP = timedelta(hours=24)


@form("/deployments/<org>/<name>/webhooks", Role.ADMINISTRATOR)
def add_webhook(org: str, name: str) -> Any:
    """One more; with the first one the secret is made, and shown, once."""
    row, url = visible_deployment(org, name), request.form.get("url", "").strip()[:2048]
    events = [str(event) for event in EventType if event in request.form.getlist("events")] or list(map(str, EventType))
    secret = None
    with _told(), parts().database.writing() as session:
        stored = session.get_one(Deployment, row.id)
        add_endpoint(session, stored, url, events, by=actor(), private=parts().policy.private_webhooks)
        secret = require_secret(stored)
    return _shown(row, secret) if secret else redirect(_page(row), 303)


@form("/deployments/<org>/<name>/webhooks/<uuid:endpoint_id>/active", Role.ADMINISTRATOR)
def switch_webhook(org: str, name: str, endpoint_id: UUID) -> Any:
    """Tell it of ends, or not for now."""
    row = visible_deployment(org, name)
    with parts().database.writing() as session:
        endpoint = _endpoint(session, row, endpoint_id)
        change_endpoint(session, endpoint, row.organization_id, by=actor(), active=not endpoint.active)
    return redirect(_page(row), 303)


@form("/deployments/<org>/<name>/webhooks/<uuid:endpoint_id>/remove", Role.ADMINISTRATOR)
def remove_webhook(org: str, name: str, endpoint_id: UUID) -> Any:
    """What is on its way is still sent."""
    row = visible_deployment(org, name)
    with parts().database.writing() as session:
        remove_endpoint(session, _endpoint(session, row, endpoint_id), row.organization_id, by=actor())
    flash("It is told no more.", "success")
    return redirect(_page(row), 303)


@form("/deployments/<org>/<name>/webhooks/<uuid:endpoint_id>/test", Role.ADMINISTRATOR)
def try_webhook(org: str, name: str, endpoint_id: UUID) -> Any:
    """Send a test message, once, and say what came of it."""
    row = visible_deployment(org, name)
    with _told(), required_seat():
        with parts().database.writing() as session:
            delivery_id = sample(session, _endpoint(session, row, endpoint_id)).id
        deliver(parts(), delivery_id)
        _tell(delivery_id)
    return redirect(_page(row), 303)


@form("/deployments/<org>/<name>/webhook-secret", Role.ADMINISTRATOR)
def rotate_webhook_secret(org: str, name: str) -> Any:
    """A new secret, shown once; the old one signs, too, for a day."""
    row = visible_deployment(org, name)
    with parts().database.writing() as session:
        secret = rotate_secret(session, session.get_one(Deployment, row.id), overlap=OVERLAP, by=actor())
    return _shown(row, secret)


def _endpoint(session: Session, row: Deployment, endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = endpoint_of(session, row, endpoint_id)
    if endpoint is None:
        raise nothing("webhook")
    return endpoint


def _tell(delivery_id: UUID) -> None:
    with parts().database.reading() as session:
        tried = session.get_one(Delivery, delivery_id)
    if tried.status == DeliveryStatus.DELIVERED:
        flash("The test was taken.", "success")
    else:
        flash(f"The test was not taken: {tried.error or 'it is still being tried'}", "danger")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (InvalidUrl, NoSecret, TooMany) as error:
        flash(str(error) or str(error.__doc__), "danger")
    except IntegrityError:
        flash("This deployment has an endpoint with this URL already.", "warning")


def _page(row: Deployment) -> str:
    return url_for("console.deployment", org=row.organization.name, name=row.name)


def _shown(row: Deployment, secret: str) -> Any:
    return render_template("console/secret.html", what="signing secret", secret=secret, on=_page(row)), 201
