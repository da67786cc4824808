"""API keys: seen, made, changed, rotated and revoked, by a key that may manage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from deployment.api.errors import FieldError, invalid, refused
from deployment.api.v1.json_body import read_body
from deployment.api.v1.replies import created
from deployment.api.v1.rights import current_key
from deployment.api.v1.route import path_to, route
from deployment.api.v1.types import Instant, Limit, Line, Name, Rotation
from deployment.clock import utcnow
from deployment.deployments import deployment_named
from deployment.issuing import (
    MoreThanOwn,
    UnknownKey,
    actor_of,
    change_key,
    create_key,
    key_by_prefix,
    require_own,
    revoke_key,
    rotate_key,
)
from deployment.models import CALLING, ApiKey, Deployment, Organization, Scope
from deployment.parts import current_parts as parts

TAG = "Keys"


class KeyPath(BaseModel):
    """`/keys/{key_id}`."""

    key_id: UUID


class Rights(BaseModel):
    """What may be changed of a key. What is null is as the installation has it."""

    model_config = ConfigDict(extra="forbid")

    label: Line = Field("", description="what it is for")
    scopes: list[Scope] = Field(list(CALLING), max_length=20)
    concurrency: Limit | None = Field(None, description="live executions at once")
    requests_per_minute: Limit | None = None
    upload_mb_per_day: Limit | None = None
    expires_at: Instant | None = None


class KeyRequest(Rights):
    """A key that is to be made."""

    deployment: Name | None = Field(None, description="the only deployment that it may call; null: all")


class KeyBody(BaseModel):
    """An API key, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    prefix: str
    deployment_id: UUID | None
    label: str
    scopes: list[str]
    active: bool
    concurrency: int | None
    requests_per_minute: int | None
    upload_mb_per_day: int | None
    created_at: datetime
    last_used_at: datetime | None = Field(description="to the minute")
    expires_at: datetime | None


class NewKey(KeyBody):
    """A key that was made. Its secret is shown this once."""

    key: str


class Keys(BaseModel):
    """Keys, the oldest first."""

    keys: list[KeyBody]


@route("get", "/keys", Scope.MANAGE, tag=TAG, replies={200: Keys})
def list_keys() -> Keys:
    """The API keys that this key may manage, those that work no more as well."""
    with parts().database.reading() as session:
        found = session.scalars(_managed().order_by(ApiKey.created_at, ApiKey.id))
        return Keys(keys=[KeyBody.model_validate(key) for key in found])


@route("post", "/keys", Scope.MANAGE, tag=TAG, replies={201: NewKey}, problems=(404, 413), body=KeyRequest)
def create_api_key() -> Response:
    """Make an API key, with no more rights than this one has."""
    asked, maker = read_body(KeyRequest), current_key()
    rights = asked.model_dump(exclude={"deployment"})
    _require_future(asked)
    with parts().database.writing() as session, _within_rights():
        organization = session.get_one(Organization, maker.organization_id)
        deployment = _deployment(session, asked.deployment, maker)
        require_own(maker, deployment.id if deployment else None, rights)
        return _shown(session, create_key(session, organization, deployment, by=actor_of(maker), **rights))


@route("get", "/keys/<uuid:key_id>", Scope.MANAGE, tag=TAG, replies={200: KeyBody}, problems=(404,))
def get_api_key(path: KeyPath) -> KeyBody:
    """An API key, without its secret."""
    with parts().database.reading() as session:
        return KeyBody.model_validate(_managed_key(session, path.key_id))


@route("patch", "/keys/<uuid:key_id>", Scope.MANAGE, tag=TAG, replies={200: KeyBody}, problems=(404, 413), body=Rights)
def change_api_key(path: KeyPath) -> KeyBody:
    """Change what an API key may do, from the next request on. What is not named stays."""
    asked, maker = read_body(Rights), current_key()
    to = asked.model_dump(include=asked.model_fields_set)
    _require_future(asked)
    with parts().database.writing() as session, _within_rights():
        key = _managed_key(session, path.key_id)
        require_own(maker, key.deployment_id, to)
        change_key(session, key, by=actor_of(maker), **to)
        return KeyBody.model_validate(key)


@route(
    "post",
    "/keys/<uuid:key_id>/rotate",
    Scope.MANAGE,
    tag=TAG,
    replies={201: NewKey},
    problems=(404, 409, 413),
    body=Rotation,
)
def rotate_api_key(path: KeyPath) -> Response:
    """Make a new key with the rights of an old one, which works on for a while."""
    asked, maker = read_body(Rotation), current_key()
    with parts().database.writing() as session, _within_rights():
        old = _managed_key(session, path.key_id)
        require_own(maker, old.deployment_id, _rights(old))
        until = utcnow() + timedelta(seconds=asked.overlap)
        secret, _ = rotate_key(session, old, overlap_until=until, by=actor_of(maker))
        return _shown(session, secret)


@route("delete", "/keys/<uuid:key_id>", Scope.MANAGE, tag=TAG, replies={204: None}, problems=(404,))
def revoke_api_key(path: KeyPath) -> Response:
    """Make an API key useless, at once."""
    with parts().database.writing() as session:
        key = _managed_key(session, path.key_id)
        if key.active:
            revoke_key(session, key, by=actor_of(current_key()))
    return Response(status=204)


def _managed() -> sa.Select[ApiKey]:
    """The keys that the current one may manage: those of its reach."""
    maker = current_key()
    mine = sa.select(ApiKey).where(ApiKey.organization_id == maker.organization_id)
    return mine if maker.deployment_id is None else mine.where(ApiKey.deployment_id == maker.deployment_id)


def _managed_key(session: Session, key_id: UUID) -> ApiKey:
    key = session.scalar(_managed().where(ApiKey.id == key_id))
    if key is None:
        raise refused(404, "not_found", "API key not found")
    return key


def _deployment(session: Session, name: str | None, maker: ApiKey) -> Deployment | None:
    if name is None:
        return None
    found = deployment_named(session, maker.organization_id, name)
    if found is None or maker.deployment_id not in (None, found.id):
        raise refused(404, "not_found", "Deployment not found")
    return found


def _require_future(asked: Rights) -> None:
    if asked.expires_at is not None and asked.expires_at <= utcnow():
        raise invalid(FieldError("min_value", "Must be in the future.", "expires_at"))


def _rights(key: ApiKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in Rights.model_fields}


@contextmanager
def _within_rights() -> Iterator[None]:
    try:
        yield
    except MoreThanOwn as error:
        raise refused(403, "permission_denied", str(error)) from None
    except UnknownKey as error:
        raise refused(409, "conflict", str(error)) from None


def _shown(session: Session, secret: str) -> Response:
    key = key_by_prefix(session, secret)
    body = NewKey(key=secret, **KeyBody.model_validate(key).model_dump())
    return created(body, path_to("get_api_key", key_id=key.id))
