"""Errors on the wire: one shape for everything that is refused before there is an execution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, Response, jsonify
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from deployment.idempotency import KeyReused, StillAccepting
from deployment.slots import NoFreeSlot
from storage import StorageError

log = structlog.get_logger()

RETRY_SECONDS = 5
"""What `Retry-After` says when a slot or a backing service may be back soon."""


@dataclass(frozen=True)
class FieldError:
    """One breach: `attr` is the field, as `files.0` for the first file; None for the request as a whole."""

    code: str
    detail: str
    attr: str | None = None


class Refused(Exception):
    """The request was refused before there was an execution."""

    def __init__(self, status: int, errors: Sequence[FieldError], **headers: str) -> None:
        """`headers` go into the reply: `Retry_After="5"` is `Retry-After: 5`."""
        super().__init__("; ".join(error.detail for error in errors))
        self.status, self.errors = status, errors
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def invalid(*errors: FieldError) -> Refused:
    """400: these fields break their rules."""
    return Refused(400, errors)


def refused(status: int, code: str, detail: str, **headers: str) -> Refused:
    """A refusal that is about no field."""
    return Refused(status, [FieldError(code, detail)], **headers)


def unavailable(what: str, error: Exception) -> Refused:
    """503: `what` does not answer now, and may be back soon."""
    log.error("part_unavailable", part=what, error=type(error).__name__)
    detail = f"Not available right now: {what} does not answer. Try again."
    return refused(503, "service_unavailable", detail, Retry_After=str(RETRY_SECONDS))


def register(app: Flask) -> None:
    """Make `app` answer every error in the shape of the wire."""
    app.register_error_handler(Refused, _reply)
    app.register_error_handler(HTTPException, lambda error: _reply(_http(error)))
    app.register_error_handler(NoFreeSlot, lambda error: _reply(_no_slot(error)))
    app.register_error_handler(KeyReused, lambda error: _reply(refused(422, "idempotency_key_reused", str(error))))
    app.register_error_handler(StillAccepting, lambda error: _reply(_still_accepting(error)))
    app.register_error_handler(StorageError, lambda error: _reply(unavailable("the storage", error)))
    for kind in (OperationalError, InterfaceError, InternalError, PoolTimeout):
        app.register_error_handler(kind, lambda error: _reply(unavailable("the database", error)))
    app.register_error_handler(Exception, _unexpected)


def body(status: int, errors: Sequence[FieldError]) -> dict[str, Any]:
    """The JSON body. `message` is an object, so that the published client shows the reason."""
    kind = "server_error" if status >= 500 else "validation_error" if status == 400 else "client_error"
    reason = "; ".join(f"{error.attr}: {error.detail}" if error.attr else error.detail for error in errors)
    return {
        "type": kind,
        "errors": [{"code": error.code, "detail": error.detail, "attr": error.attr} for error in errors],
        "message": {
            "execution_id": None,
            "execution_status": "",
            "status_api": None,
            "error": reason,
            "result": None,
        },
    }


def _reply(error: Refused) -> Response:
    response = jsonify(body(error.status, error.errors))
    response.status_code = error.status
    response.headers.update(error.headers)
    return response


def _http(error: HTTPException) -> Refused:
    status = error.code or 500
    code = error.name.lower().replace(" ", "_")
    allowed = {"Allow": ", ".join(error.valid_methods or ())} if isinstance(error, MethodNotAllowed) else {}
    return refused(status, code, str(error.description or error.name), **allowed)


def _no_slot(error: NoFreeSlot) -> Refused:
    return refused(429, "throttled", str(error), Retry_After=str(RETRY_SECONDS))


def _still_accepting(error: StillAccepting) -> Refused:
    return refused(409, "idempotency_key_in_use", str(error), Retry_After="1")


def _unexpected(_error: Exception) -> Response:
    log.exception("unexpected_error")
    return _reply(refused(500, "error", "An unexpected error; the operator's log has the details."))
