"""Refusals: what becomes of a request that is not served, said once for all faces; each gives it a shape of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from flask import Flask, Response, request
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from deployment.causes import cause_of
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

    def __str__(self) -> str:
        return f"{self.attr}: {self.detail}" if self.attr else self.detail


class Refused(Exception):
    """The request is not served. `about` is the execution that it is about, where there is one."""

    def __init__(
        self,
        status: int,
        errors: Sequence[FieldError],
        *,
        about: UUID | None = None,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`headers` go into the reply; `more` into the body, in a shape that has room for it."""
        super().__init__("; ".join(error.detail for error in errors))
        self.status, self.errors, self.about = status, errors, about
        self.more, self.headers = dict(more or {}), dict(headers or {})


Shape = Callable[[Refused], Response]


def invalid(*errors: FieldError) -> Refused:
    """400: these fields break their rules."""
    return Refused(400, errors)


def refused(
    status: int,
    code: str,
    detail: str,
    *,
    about: UUID | None = None,
    more: Mapping[str, Any] | None = None,
    **headers: str,
) -> Refused:
    """A refusal that is about no field; `Retry_After="5"` is the header `Retry-After: 5`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refused(status, [FieldError(code, detail)], about=about, more=more, headers=named)


def unauthorized() -> Refused:
    """401: there is no such key, or it does not work any more, or not here."""
    return refused(401, "authentication_failed", "Unauthorized", WWW_Authenticate="Bearer")


def unavailable(what: str, error: Exception) -> Refused:
    """503: `what` does not answer now, and may be back soon."""
    log.error("part_unavailable", part=what, error=cause_of(error))
    detail = f"Not available right now: {what} does not answer. Try again."
    return refused(503, "service_unavailable", detail, Retry_After=str(RETRY_SECONDS))


def register(app: Flask, shapes: Mapping[str, Shape]) -> None:
    """Make `app` answer every error in the shape of the face whose paths begin so; "" is all others'."""

    def reply(error: Refused) -> Response:
        longest_first = sorted(shapes, key=len, reverse=True)
        response = shapes[next(start for start in longest_first if request.path.startswith(start))](error)
        response.status_code = error.status
        response.headers.update(error.headers)
        return response

    app.register_error_handler(Refused, reply)
    app.register_error_handler(HTTPException, lambda error: reply(_http(error)))
    app.register_error_handler(NoFreeSlot, lambda error: reply(_no_slot(error)))
    app.register_error_handler(KeyReused, lambda error: reply(refused(422, "idempotency_key_reused", str(error))))
    app.register_error_handler(StillAccepting, lambda error: reply(_still_accepting(error)))
    app.register_error_handler(StorageError, lambda error: reply(unavailable("the storage", error)))
    for kind in (OperationalError, InterfaceError, InternalError, PoolTimeout):
        app.register_error_handler(kind, lambda error: reply(unavailable("the database", error)))
    app.register_error_handler(Exception, lambda error: reply(_unexpected(error)))


def _http(error: HTTPException) -> Refused:
    status = error.code or 500
    code = error.name.lower().replace(" ", "_")
    allowed = {"Allow": ", ".join(error.valid_methods or ())} if isinstance(error, MethodNotAllowed) else {}
    return Refused(status, [FieldError(code, str(error.description or error.name))], headers=allowed)


def _no_slot(error: NoFreeSlot) -> Refused:
    return refused(429, "throttled", str(error), Retry_After=str(RETRY_SECONDS))


def _still_accepting(error: StillAccepting) -> Refused:
    detail = str(error)
    return refused(409, "idempotency_key_in_use", detail, about=error.execution_id, Retry_After="1")


def _unexpected(error: Exception) -> Refused:
    log.error("unexpected_error", exc_info=error)
    return refused(500, "error", "An unexpected error; the operator's log has the details.")
