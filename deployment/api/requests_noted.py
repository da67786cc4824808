"""What each request has for logs and traces: an id that its caller may give and gets back, and a span."""

from __future__ import annotations

import re
from contextlib import ExitStack
from uuid import uuid4

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from deployment import tracing

HEADER = "X-Request-ID"
SANE = re.compile(r"[A-Za-z0-9._:-]{1,80}")


def install(app: Flask) -> None:
    """Give each request of `app` an id and, where traces are on, a span."""
    app.before_request(_begin)
    app.after_request(_tell)
    app.teardown_request(_end)


def _begin() -> None:
    given = request.headers.get(HEADER, "")
    g.request_id = given if SANE.fullmatch(given) else uuid4().hex
    clear_contextvars()
    bind_contextvars(request_id=g.request_id)
    g.around = ExitStack()
    what = {"http.request.method": request.method, "http.route": str(request.url_rule or "")}
    name, parent = f"{request.method} {request.url_rule or ''}", request.headers.get(tracing.HEADER)
    g.span = g.around.enter_context(tracing.span(name, parent, **what))


def _tell(reply: Response) -> Response:
    reply.headers[HEADER] = g.get("request_id", "")
    if g.get("span") is not None:
        g.span.set_attribute("http.response.status_code", reply.status_code)
    return reply


def _end(_error: BaseException | None) -> None:
    around: ExitStack | None = g.pop("around", None)
    if around is not None:
        around.close()
    clear_contextvars()
