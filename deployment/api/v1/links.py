"""Links that work without an API key for a while, so that a browser, or another service, can fetch one output."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from deployment.api.v1.route import path_to

LASTS_SECONDS = 600
SALT = "output"


def output_link(execution_id: UUID, file_id: UUID, number: int) -> str:
    """The path of an output, with a token for it alone."""
    token = _serializer().dumps(_named(execution_id, file_id, number))
    return path_to("get_output", execution_id=execution_id, file_id=file_id, number=number, token=token)


def is_link(token: str, execution_id: UUID, file_id: UUID, number: int) -> bool:
    """Whether a token is one of ours for this output, and young enough."""
    try:
        named: Any = _serializer().loads(token, max_age=LASTS_SECONDS)
    except BadSignature:  # and so is a token that is too old
        return False
    return bool(named == _named(execution_id, file_id, number))


def _named(execution_id: UUID, file_id: UUID, number: int) -> list[str]:
    return [str(execution_id), str(file_id), str(number)]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=SALT)
