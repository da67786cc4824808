"""`flask webhooks`: who is told of the ends of a deployment's executions, a test of that, and the secret that signs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import click
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from deployment.cli.command import group
from deployment.cli.output import json_option, show_row, show_rows
from deployment.deliveries import deliver
from deployment.deployments import find_deployment
from deployment.issuing import COMMAND_LINE
from deployment.models import Delivery, Deployment, EventType, WebhookEndpoint
from deployment.outbound import InvalidUrl
from deployment.parts import current_parts
from deployment.webhooks import (
    NoSecret,
    TooMany,
    add_endpoint,
    endpoints_of,
    remove_endpoint,
    require_secret,
    rotate_secret,
    sample,
)

SECRET = "webhook_secret"  # noqa: S105 - its name
EVENTS = click.Choice([str(event) for event in EventType])


@group("webhooks")
def webhooks_commands() -> None:
    """List, add, remove and test the webhooks of a deployment; rotate the secret that signs."""


@webhooks_commands.command("list")
@click.argument("organization", metavar="ORG")
@click.argument("name", metavar="NAME")
@json_option
def list_webhooks(organization: str, name: str, as_json: bool) -> None:
    """List the endpoints of the deployment NAME, the oldest first."""
    with current_parts().database.reading() as session:
        rows = [_row(endpoint) for endpoint in endpoints_of(session, _deployment(session, organization, name))]
    show_rows(rows, as_json, "no webhooks")


@webhooks_commands.command("add")
@click.argument("organization", metavar="ORG")
@click.argument("name", metavar="NAME")
@click.argument("url")
@click.option("--event", "events", multiple=True, type=EVENTS, help="Repeatable.")
@json_option
def add(organization: str, name: str, url: str, events: tuple[str, ...], as_json: bool) -> None:
    """Tell URL, too, of the ends of executions; the first one shows the secret, once."""
    private = current_parts().policy.private_webhooks
    with _refusals(), current_parts().database.writing() as session:
        deployment = _deployment(session, organization, name)
        wanted = [str(event) for event in events or EventType]
        endpoint = add_endpoint(session, deployment, url, wanted, by=COMMAND_LINE, private=private)
        row = {**_row(endpoint), SECRET: require_secret(deployment)}
    show_row(row, as_json)


@webhooks_commands.command("remove")
@click.argument("endpoint_id", metavar="ID", type=click.UUID)
@json_option
def remove(endpoint_id: UUID, as_json: bool) -> None:
    """Tell an endpoint no more; what is on its way is still sent."""
    with current_parts().database.writing() as session:
        endpoint, deployment = _endpoint(session, endpoint_id)
        remove_endpoint(session, endpoint, deployment.organization_id, by=COMMAND_LINE)
    show_row({"removed": endpoint_id}, as_json)


@webhooks_commands.command("test")
@click.argument("endpoint_id", metavar="ID", type=click.UUID)
@json_option
def test(endpoint_id: UUID, as_json: bool) -> None:
    """Send a test message to an endpoint, once; status 1 if it was not taken."""
    with _refusals(), current_parts().database.writing() as session:
        endpoint, _ = _endpoint(session, endpoint_id)
        delivery_id = sample(session, endpoint).id
    taken = deliver(current_parts(), delivery_id)
    with current_parts().database.reading() as session:
        delivery = session.get_one(Delivery, delivery_id)
        show_row({"delivery": delivery_id, "status": delivery.status, "error": delivery.error}, as_json)
    click.get_current_context().exit(0 if taken else 1)


@webhooks_commands.command("rotate-secret")
@click.argument("organization", metavar="ORG")
@click.argument("name", metavar="NAME")
@click.option("--overlap-hours", type=click.IntRange(min=0, max=24 * 30), default=24, show_default=True)
@json_option
def rotate(organization: str, name: str, overlap_hours: int, as_json: bool) -> None:
    """Make a new secret and print it, once; the old one signs, too, for a while."""
    with current_parts().database.writing() as session:
        deployment = _deployment(session, organization, name)
        secret = rotate_secret(session, deployment, overlap=timedelta(hours=overlap_hours), by=COMMAND_LINE)
        until = deployment.webhook_previous_until
    show_row({SECRET: secret, "old_secret_signs_until": until and until.isoformat(timespec="seconds")}, as_json)


def _deployment(session: Session, organization: str, name: str) -> Deployment:
    deployment = find_deployment(session, organization, name)
    if deployment is None:
        raise click.UsageError(f"{organization} has no deployment {name!r}; `flask deploy` makes one.")
    return deployment


def _endpoint(session: Session, endpoint_id: UUID) -> tuple[WebhookEndpoint, Deployment]:
    endpoint = session.get(WebhookEndpoint, endpoint_id)
    if endpoint is None:
        raise click.UsageError(f"There is no webhook {endpoint_id}; `flask webhooks list` shows them.")
    return endpoint, session.get_one(Deployment, endpoint.deployment_id)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (InvalidUrl, NoSecret, TooMany) as error:
        raise click.UsageError(str(error) or str(error.__doc__)) from None
    except IntegrityError:
        raise click.UsageError("This deployment has an endpoint with this URL already.") from None


def _row(endpoint: WebhookEndpoint) -> dict[str, object]:
    return {
        "id": endpoint.id,
        "url": endpoint.url.partition("?")[0],
        "events": " ".join(endpoint.events),
        "active": endpoint.active,
    }
