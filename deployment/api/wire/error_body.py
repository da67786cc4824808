"""The shape of errors on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, jsonify

from deployment.api.errors import FieldError, Refused


def wire_error(refused: Refused) -> Response:
    """The reply to a request that was refused before there was an execution."""
    return jsonify(body(refused.status, refused.errors))


def body(status: int, errors: Sequence[FieldError]) -> dict[str, Any]:
    """The JSON body. `message` is an object, so that the published client shows the reason."""
    kind = "server_error" if status >= 500 else "validation_error" if status == 400 else "client_error"
    return {
        "type": kind,
        "errors": [{"code": error.code, "detail": error.detail, "attr": error.attr} for error in errors],
        "message": {
            "execution_id": None,
            "execution_status": "",
            "status_api": None,
            "error": "; ".join(map(str, errors)),
            "result": None,
        },
    }
