"""A JSON body in the place of a form: for callers who upload nothing, and only name `presigned_urls`."""

from __future__ import annotations

import json
from typing import Any

from flask import Request
from werkzeug.datastructures import MultiDict

from deployment.api.multipart import FORM_ALLOWANCE

REPEATED = "presigned_urls"


def json_form(request: Request) -> MultiDict[str, str] | None:
    """The fields as a form would have them; None for a body that is no such JSON. 413 if it is too large."""
    request.max_content_length = FORM_ALLOWANCE
    try:
        given = request.get_json(silent=True)
        if not isinstance(given, dict) or REPEATED not in given or given.get("files"):
            return None
        return MultiDict((name, _text(each)) for name, value in given.items() for each in _values(name, value))
    except RecursionError:
        return None


def _values(name: str, value: Any) -> list[Any]:
    """A null is as if it were left out."""
    if name == REPEATED and isinstance(value, list):
        return value
    return [] if value is None else [value]


def _text(value: Any) -> str:
    """What a form would say; `tags` may be a list of words."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    return json.dumps(value)
