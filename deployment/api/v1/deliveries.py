"""The delivery log over HTTP: what was sent to whom, with each try; and sending something again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from deployment import lifecycle
from deployment.api.errors import refused
from deployment.api.v1.paging import PageQuery
from deployment.api.v1.paths import DeliveryPath, DeploymentPath, ExecutionPath
from deployment.api.v1.rights import current_key, visible_deployment, visible_run
from deployment.api.v1.route import route
from deployment.issuing import actor_of
from deployment.keys import may_call
from deployment.models import Delivery, DeliveryStatus, DeliveryTry, Deployment, Scope, audit
from deployment.parts import current_parts as parts

TAG = "Webhooks"


class TryBody(BaseModel):
    """One try."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    seconds: float = Field(description="until the receiver has answered, or until the failure")
    response_status: int | None = Field(description="null where there was no answer")
    error: str | None


class DeliveryBody(BaseModel):
    """A message to one endpoint."""

    id: UUID = Field(description="the header `webhook-id`")
    execution_id: UUID | None = Field(description="null for a test")
    event: str
    url: str = Field(description="without its query")
    status: DeliveryStatus
    error: str | None = Field(description="why the last try failed")
    created_at: datetime
    due_at: datetime | None = Field(description="of the next try")
    ended_at: datetime | None
    tries: list[TryBody]


class Deliveries(BaseModel):
    """A page of deliveries, the newest first."""

    deliveries: list[DeliveryBody]
    next_cursor: str | None


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    status: DeliveryStatus | None = None


@route("get", "/deployments/<org>/<name>/deliveries", Scope.READ, tag=TAG, replies={200: Deliveries}, problems=(404,))
def list_deliveries(path: DeploymentPath, query: DeliveryQuery) -> Deliveries:
    """What was sent, or is to be sent, to the endpoints of a deployment."""
    deployment = visible_deployment(path.org, path.name)
    question = sa.select(Delivery).where(Delivery.deployment_id == deployment.id)
    if query.status:
        question = question.where(Delivery.status == query.status)
    if behind := query.behind(datetime, UUID):
        at, last_id = behind
        here = sa.tuple_(Delivery.created_at, Delivery.id)
        question = question.where(here < sa.tuple_(sa.literal(at, Delivery.created_at.type), sa.literal(last_id)))
    order = (Delivery.created_at.desc(), Delivery.id.desc())
    with parts().database.reading() as session:
        found = session.scalars(question.order_by(*order).limit(query.enough)).all()
        shown, more = query.cut(found, lambda row: [row.created_at, row.id])
        return Deliveries(deliveries=_bodies(session, shown), next_cursor=more)


@route(
    "get",
    "/executions/<uuid:execution_id>/deliveries",
    Scope.READ,
    tag=TAG,
    replies={200: Deliveries},
    problems=(404, 410),
)
def list_deliveries_of_execution(path: ExecutionPath) -> Deliveries:
    """Who was told, or is to be told, of the end of an execution."""
    run = visible_run(path.execution_id)
    question = sa.select(Delivery).where(Delivery.execution_id == run.id)
    with parts().database.reading() as session:
        found = session.scalars(question.order_by(Delivery.created_at.desc(), Delivery.id.desc())).all()
        return Deliveries(deliveries=_bodies(session, found), next_cursor=None)


@route("get", "/deliveries/<uuid:delivery_id>", Scope.READ, tag=TAG, replies={200: DeliveryBody}, problems=(404,))
def get_delivery(path: DeliveryPath) -> DeliveryBody:
    """A delivery."""
    _visible(path.delivery_id)
    return delivery_body(path.delivery_id)


@route(
    "post",
    "/deliveries/<uuid:delivery_id>/redeliver",
    Scope.MANAGE,
    tag=TAG,
    replies={202: DeliveryBody},
    problems=(404, 409),
)
def redeliver(path: DeliveryPath) -> tuple[DeliveryBody, int]:
    """Send a message again, under its old id, whether it was delivered or given up."""
    deployment = _visible(path.delivery_id)
    with parts().database.writing() as session:
        again = lifecycle.redeliver(session, path.delivery_id)
        if again:
            actor = actor_of(current_key())
            audit(session, deployment.organization_id, actor, "delivery.redelivered", str(path.delivery_id))
    if not again:
        raise refused(409, "conflict", "This delivery is being tried anyway.")
    return delivery_body(path.delivery_id), 202


def delivery_body(delivery_id: UUID) -> DeliveryBody:
    """A delivery with its tries, as it stands."""
    with parts().database.reading() as session:
        return _bodies(session, [session.get_one(Delivery, delivery_id)])[0]


def _bodies(session: Session, found: Sequence[Delivery]) -> list[DeliveryBody]:
    ids = [delivery.id for delivery in found]
    tries = session.scalars(
        sa.select(DeliveryTry).where(DeliveryTry.delivery_id.in_(ids)).order_by(DeliveryTry.id)
    ).all()
    return [_body(delivery, [each for each in tries if each.delivery_id == delivery.id]) for delivery in found]


def _body(delivery: Delivery, tries: Sequence[DeliveryTry]) -> DeliveryBody:
    same = ("id", "execution_id", "event", "status", "error", "created_at", "due_at", "ended_at")
    return DeliveryBody(
        url=delivery.url.partition("?")[0],
        tries=[TryBody.model_validate(each) for each in tries],
        **{name: getattr(delivery, name) for name in same},
    )


def _visible(delivery_id: UUID) -> Deployment:
    """The deployment of a delivery that the key may see; raises 404 else."""
    with parts().database.reading() as session:
        delivery = session.get(Delivery, delivery_id)
        deployment = session.get(Deployment, delivery.deployment_id) if delivery else None
    if deployment is None or not may_call(current_key(), deployment):
        raise refused(404, "not_found", "Delivery not found")
    return deployment
