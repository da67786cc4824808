"""Errors of the native API: problem details (RFC 9457) with a stable code, and where that is explained."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deployment.api.codes import title_of
from deployment.api.errors import FieldError, Refused, invalid

PROBLEM_JSON = "application/problem+json"
SHOWN_AT_MOST = 20
"""Breaches that are named: a reply must not grow with what it refuses."""
CODES = {"missing": "required", "extra_forbidden": "unknown_field"}
"""How we call what pydantic calls otherwise; all else is `invalid`."""


class Breach(BaseModel):
    """One thing that is wrong with the request."""

    code: str
    detail: str
    field: str | None = Field(None, description="as `files.0` for the first file; null for the request as a whole")


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="a link to the explanation of the code")
    title: str
    status: int
    detail: str
    instance: str = Field(description="the path that was asked for")
    code: str
    execution_id: UUID | None = Field(None, description="of the execution that it is about, where there is one")
    errors: list[Breach] = []


def problem_response(refused: Refused) -> Response:
    """The reply to a request that is not served."""
    first, about = refused.errors[0], refused.about
    problem: dict[str, Any] = {
        "type": f"{request.script_root}/docs/errors#{first.code}",
        "title": title_of(first.code),
        "status": refused.status,
        "detail": "; ".join(map(str, refused.errors)),
        "instance": request.script_root + request.path,
        "code": first.code,
        "execution_id": str(about) if about else None,
        "errors": [{"code": each.code, "detail": each.detail, "field": each.attr} for each in refused.errors],
        **refused.more,
    }
    return Response(json.dumps(problem), mimetype=PROBLEM_JSON)


def not_valid(error: ValidationError) -> None:
    """Refuse what pydantic does not take: 400, with every breach. No value is quoted, it may be a secret."""
    raise invalid(*breaches(error))


def breaches(error: ValidationError) -> list[FieldError]:
    """What is wrong, by field."""
    found = error.errors(include_url=False, include_input=False)[:SHOWN_AT_MOST]
    return [FieldError(CODES.get(each["type"], "invalid"), each["msg"], _field(each["loc"])) for each in found]


def _field(location: tuple[int | str, ...]) -> str | None:
    return ".".join(map(str, location))[:200] or None
