"""Webhooks of a deployment over HTTP: its endpoints, its signing secret, and a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from deployment.api.errors import FieldError, invalid, refused
from deployment.api.v1.deliveries import DeliveryBody, delivery_body
from deployment.api.v1.json_body import read_body
from deployment.api.v1.paths import DeploymentPath, EndpointPath
from deployment.api.v1.replies import created
from deployment.api.v1.rights import current_key, visible_deployment
from deployment.api.v1.route import path_to, route
from deployment.api.v1.types import Rotation
from deployment.api.waiting import required_seat
from deployment.deliveries import deliver
from deployment.issuing import actor_of
from deployment.models import Deployment, EventType, Scope, WebhookEndpoint
from deployment.outbound import InvalidUrl, check_url
from deployment.parts import current_parts as parts
from deployment.webhooks import (
    NoSecret,
    TooMany,
    add_endpoint,
    change_endpoint,
    endpoint_of,
    endpoints_of,
    remove_endpoint,
    require_secret,
    rotate_secret,
    sample,
)

TAG = "Webhooks"
AT = "/deployments/<org>/<name>/webhooks"


class EndpointRequest(BaseModel):
    """An endpoint that is to be told of the ends of executions."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2048, description="https://…")
    events: list[EventType] = Field(list(EventType), min_length=1, max_length=20)


class EndpointChange(BaseModel):
    """What is to be changed. What is not named stays."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field("", max_length=2048)
    events: list[EventType] = Field(list(EventType), min_length=1, max_length=20)
    active: bool = True


class EndpointBody(BaseModel):
    """An endpoint."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    url: str
    events: list[str]
    active: bool
    created_at: datetime


class Endpoints(BaseModel):
    """Endpoints of a deployment, the oldest first."""

    webhooks: list[EndpointBody]


class Secret(BaseModel):
    """A signing secret. It is shown this once."""

    secret: str = Field(description="as Standard Webhooks has it: `whsec_` and base64")
    previous_signs_until: datetime | None


class NewEndpoint(EndpointBody):
    """An endpoint that was made, and the deployment's signing secret if that was made with it."""

    secret: str | None = Field(description="it is shown this once")


@route("get", AT, Scope.MANAGE, tag=TAG, replies={200: Endpoints}, problems=(404,))
def list_webhooks(path: DeploymentPath) -> Endpoints:
    """Who is told of the ends of a deployment's executions."""
    deployment = visible_deployment(path.org, path.name)
    with parts().database.reading() as session:
        found = endpoints_of(session, deployment)
        return Endpoints(webhooks=[EndpointBody.model_validate(endpoint) for endpoint in found])


@route("post", AT, Scope.MANAGE, tag=TAG, replies={201: NewEndpoint}, problems=(404, 409, 413), body=EndpointRequest)
def create_webhook(path: DeploymentPath) -> Response:
    """Tell one more endpoint of the ends of a deployment's executions."""
    deployment, asked = visible_deployment(path.org, path.name), read_body(EndpointRequest)
    told: dict[str, Any] = {"by": actor_of(current_key()), "private": parts().policy.private_webhooks}
    with _refusals(), parts().database.writing() as session:
        row = session.get_one(Deployment, deployment.id)
        endpoint = add_endpoint(session, row, asked.url, list(asked.events), **told)
        secret = require_secret(row)
        body = NewEndpoint(**EndpointBody.model_validate(endpoint).model_dump(), secret=secret)
    return created(body, path_to("get_webhook", **path.model_dump(), endpoint_id=body.id))


@route("get", f"{AT}/<uuid:endpoint_id>", Scope.MANAGE, tag=TAG, replies={200: EndpointBody}, problems=(404,))
def get_webhook(path: EndpointPath) -> EndpointBody:
    """An endpoint."""
    deployment = visible_deployment(path.org, path.name)
    with parts().database.reading() as session:
        return EndpointBody.model_validate(_endpoint(session, deployment, path.endpoint_id))


@route(
    "patch",
    f"{AT}/<uuid:endpoint_id>",
    Scope.MANAGE,
    tag=TAG,
    replies={200: EndpointBody},
    problems=(404, 409, 413),
    body=EndpointChange,
)
def change_webhook(path: EndpointPath) -> EndpointBody:
    """Change an endpoint, for the ends to come."""
    deployment = visible_deployment(path.org, path.name)
    asked, actor = read_body(EndpointChange), actor_of(current_key())
    to = asked.model_dump(mode="json", include=asked.model_fields_set)
    with _refusals(), parts().database.writing() as session:
        if "url" in to:
            check_url(to["url"], private=parts().policy.private_webhooks)
        endpoint = _endpoint(session, deployment, path.endpoint_id)
        change_endpoint(session, endpoint, deployment.organization_id, by=actor, **to)
        session.flush()
        return EndpointBody.model_validate(endpoint)


@route("delete", f"{AT}/<uuid:endpoint_id>", Scope.MANAGE, tag=TAG, replies={204: None}, problems=(404,))
def remove_webhook(path: EndpointPath) -> Response:
    """Tell an endpoint no more. What is on its way is still sent."""
    deployment = visible_deployment(path.org, path.name)
    with parts().database.writing() as session:
        endpoint = _endpoint(session, deployment, path.endpoint_id)
        remove_endpoint(session, endpoint, deployment.organization_id, by=actor_of(current_key()))
    return Response(status=204)


@route("post", f"{AT}/<uuid:endpoint_id>/test", Scope.MANAGE, tag=TAG, replies={200: DeliveryBody}, problems=(404, 409))
def try_webhook(path: EndpointPath) -> DeliveryBody:
    """Send a test message, once, and tell what the receiver has answered."""
    deployment = visible_deployment(path.org, path.name)
    with _refusals(), required_seat():
        with parts().database.writing() as session:
            delivery = sample(session, _endpoint(session, deployment, path.endpoint_id))
        deliver(parts(), delivery.id)
    return delivery_body(delivery.id)


@route(
    "post",
    f"{AT}/rotate-secret",
    Scope.MANAGE,
    tag=TAG,
    replies={201: Secret},
    problems=(404, 413),
    body=Rotation,
)
def rotate_webhook_secret(path: DeploymentPath) -> Response:
    """Make a new secret to sign with; the old one signs, too, for a while. The first one is made in this way, too."""
    deployment, asked = visible_deployment(path.org, path.name), read_body(Rotation)
    with parts().database.writing() as session:
        row = session.get_one(Deployment, deployment.id)
        overlap = timedelta(seconds=asked.overlap)
        secret = rotate_secret(session, row, overlap=overlap, by=actor_of(current_key()))
        body = Secret(secret=secret, previous_signs_until=row.webhook_previous_until)
    return created(body)


def _endpoint(session: Session, deployment: Deployment, endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = endpoint_of(session, deployment, endpoint_id)
    if endpoint is None:
        raise refused(404, "not_found", "Webhook not found")
    return endpoint


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except InvalidUrl as error:
        raise invalid(FieldError("invalid", str(error), "url")) from None
    except (NoSecret, TooMany) as error:
        raise refused(409, "conflict", str(error.__doc__)) from None
    except IntegrityError:
        raise refused(409, "conflict", "This deployment has an endpoint with this URL already.") from None
