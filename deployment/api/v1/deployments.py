"""Deployments: seen by whoever may call them, made, changed and deleted by a key that may manage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from deployment.api.errors import FieldError, invalid, refused
from deployment.api.v1.json_body import read_body
from deployment.api.v1.paging import PageQuery
from deployment.api.v1.paths import DeploymentPath
from deployment.api.v1.replies import created
from deployment.api.v1.rights import current_key, visible_deployment
from deployment.api.v1.route import route
from deployment.api.v1.types import Name
from deployment.deployments import change_deployment as change
from deployment.issuing import actor_of
from deployment.models import Deployment, Organization, Scope, audit
from deployment.parts import current_parts as parts
from deployment.retiring import StillRunning, delete_deployment, live_runs
from workflows import InvalidOptions, UnknownWorkflow

TAG = "Deployments"


class Settings(BaseModel):
    """What may be changed of a deployment."""

    model_config = ConfigDict(extra="forbid")

    workflow: str = Field(max_length=64, description="its name, as of `/v1/workflows`")
    options: dict[str, Any] = Field({}, description="of the workflow; what is not named is as the workflow has it")
    single_use: bool = Field(False, description="whether the wire gives a result once only")
    keep_inputs: bool | None = Field(None, description="for reruns; null: as the installation has it")
    active: bool = True


class DeploymentRequest(Settings):
    """A deployment that is to be made."""

    name: Name


class DeploymentChange(Settings):
    """What is to be changed. What is not named stays."""

    workflow: str = Field("", max_length=64)


class DeploymentLinks(BaseModel):
    """Paths on this server."""

    self_: str = Field(alias="self")
    executions: str = Field(description="where to POST files")
    wire: str = Field(description="where clients of Unstract's API deployments POST files")
    document: str = Field(description="its OpenAPI document")


class DeploymentBody(BaseModel):
    """A deployment: a workflow with options, under a name."""

    id: UUID
    organization: str
    name: str
    workflow: str
    options: dict[str, Any]
    single_use: bool
    keep_inputs: bool | None
    active: bool
    created_at: datetime
    links: DeploymentLinks


class DeploymentDetails(DeploymentBody):
    """A deployment, and what it does at this moment."""

    live_executions: int


class Deployments(BaseModel):
    """A page of deployments, by name."""

    deployments: list[DeploymentBody]
    next_cursor: str | None


@route("get", "/deployments", Scope.READ, tag=TAG, replies={200: Deployments})
def list_deployments(query: PageQuery) -> Deployments:
    """The deployments that this key may call."""
    key = current_key()
    mine = sa.select(Deployment).where(
        Deployment.organization_id == key.organization_id, Deployment.deleted_at.is_(None)
    )
    if key.deployment_id is not None:
        mine = mine.where(Deployment.id == key.deployment_id)
    if behind := query.behind(str):
        mine = mine.where(Deployment.name > behind[0])
    page = mine.options(joinedload(Deployment.organization)).order_by(Deployment.name).limit(query.enough)
    with parts().database.reading() as session:
        shown, more = query.cut(session.scalars(page).all(), lambda row: [row.name])
    bodies = [DeploymentBody.model_validate(_body(each)) for each in shown]
    return Deployments(deployments=bodies, next_cursor=more)


@route(
    "post",
    "/deployments",
    Scope.MANAGE,
    tag=TAG,
    replies={201: DeploymentDetails},
    problems=(409, 413),
    body=DeploymentRequest,
)
def create_deployment() -> Response:
    """Deploy a workflow under a name, in the organisation of this key."""
    asked, key = read_body(DeploymentRequest), current_key()
    if key.deployment_id is not None:
        detail = "This API key is one of a deployment, so it can make no other deployment."
        raise refused(403, "permission_denied", detail)
    values = _checked(asked.model_dump(), asked.workflow, asked.options)
    with _unique(asked.name), parts().database.writing() as session:
        organization = session.get_one(Organization, key.organization_id)
        made = Deployment(organization=organization, **values)
        session.add(made)
        session.flush()
        audit(session, organization.id, actor_of(key), "deployment.created", made.name, workflow=made.workflow)
        body = DeploymentDetails.model_validate(_details(session, made))
    return created(body, body.links.self_)


@route("get", "/deployments/<org>/<name>", Scope.READ, tag=TAG, replies={200: DeploymentDetails}, problems=(404,))
def get_deployment(path: DeploymentPath) -> DeploymentDetails:
    """A deployment."""
    deployment = visible_deployment(path.org, path.name)
    with parts().database.reading() as session:
        return DeploymentDetails.model_validate(_details(session, deployment))


@route(
    "patch",
    "/deployments/<org>/<name>",
    Scope.MANAGE,
    tag=TAG,
    replies={200: DeploymentDetails},
    problems=(404, 413),
    body=DeploymentChange,
)
def change_deployment(path: DeploymentPath) -> DeploymentDetails:
    """Change a deployment, for the executions to come; activate or deactivate it."""
    deployment, asked = visible_deployment(path.org, path.name), read_body(DeploymentChange)
    to = asked.model_dump(include=asked.model_fields_set)
    if {"workflow", "options"} & asked.model_fields_set:
        workflow = asked.workflow or deployment.workflow
        kept = deployment.options if workflow == deployment.workflow else {}
        to = _checked({**to, "workflow": workflow}, workflow, to.get("options", kept))
    with parts().database.writing() as session:
        row = change(session, deployment.id, by=actor_of(current_key()), **to)
        return DeploymentDetails.model_validate(_details(session, row))


@route("delete", "/deployments/<org>/<name>", Scope.MANAGE, tag=TAG, replies={204: None}, problems=(404, 409))
def remove_deployment(path: DeploymentPath) -> Response:
    """Delete a deployment and revoke its keys. Its executions can be read until they expire, by other keys."""
    deployment = visible_deployment(path.org, path.name)
    try:
        with parts().database.writing() as session:
            delete_deployment(session, deployment, by=actor_of(current_key()))
    except StillRunning as error:
        raise refused(409, "conflict", str(error)) from None
    return Response(status=204)


def _checked(values: dict[str, Any], workflow: str, options: dict[str, Any]) -> dict[str, Any]:
    """The columns, with all options as the workflow has parsed them; raises `Refused` with 400."""
    try:
        parsed = parts().workflows.get(workflow).parse_options(options).model_dump(mode="json")
    except UnknownWorkflow as error:
        raise invalid(FieldError("invalid", str(error), "workflow")) from None
    except InvalidOptions as error:
        raise invalid(*(FieldError("invalid", line, "options") for line in str(error).splitlines())) from None
    return {**values, "options": parsed}


@contextmanager
def _unique(name: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise refused(409, "conflict", f"There is a deployment {name!r} already.") from None


def _details(session: Session, deployment: Deployment) -> dict[str, Any]:
    return {**_body(deployment), "live_executions": live_runs(session, deployment)}


def _body(deployment: Deployment) -> dict[str, Any]:
    org, name, root = deployment.organization.name, deployment.name, request.script_root
    itself = f"{root}/v1/deployments/{org}/{name}"
    links = {
        "self": itself,
        "executions": f"{itself}/executions",
        "wire": f"{root}/deployment/api/{org}/{name}/",
        "document": f"{itself}/openapi.json",
    }
    same = ("id", "name", "workflow", "options", "single_use", "keep_inputs", "active", "created_at")
    return {"organization": org, "links": links, **{each: getattr(deployment, each) for each in same}}
