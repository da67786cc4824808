"""Reading the request for a rerun: a JSON object with `files`, or no body at all."""

from __future__ import annotations

from typing import Any

from flask import request

from deployment.api.errors import FieldError, invalid
from deployment.api.idempotency import idempotency_key
from deployment.api.multipart import FORM_ALLOWANCE
from deployment.reruns import Which

CHOICES = " or ".join(f'"{which}"' for which in Which)


def read_rerun() -> tuple[Which, str | None]:
    """Which files, all if the request does not say it, and its Idempotency-Key; raises `Refused` with 400, or 413."""
    errors: list[FieldError] = []
    which, key = _which(errors), idempotency_key(errors)
    if errors:
        raise invalid(*errors)
    return which, key


def _which(errors: list[FieldError]) -> Which:
    given = _body()
    try:
        return Which(given.get("files", Which.ALL)) if isinstance(given, dict) else Which("")
    except ValueError:
        detail = f"Send a JSON object whose 'files' is {CHOICES}, or nothing."
        errors.append(FieldError("invalid", detail, "files"))
        return Which.ALL


def _body() -> Any:
    request.max_content_length = FORM_ALLOWANCE
    if not request.get_data():
        return {}
    try:
        return request.get_json(force=True, silent=True)
    except RecursionError:
        return None
