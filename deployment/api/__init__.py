"""The faces over HTTP: the wire that today's clients rely on, the native API, and what watches the process."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from flask_openapi3 import OpenAPI

from deployment.api import browser_headers, errors, limiting, requests_noted, v1, waiting
from deployment.api.documents.pages import pages
from deployment.api.errors import Refused
from deployment.api.health import health
from deployment.api.incoming import IncomingBodies
from deployment.api.multipart import MultipartRequest
from deployment.api.senders import EXTENSION as SENDERS
from deployment.api.senders import Senders
from deployment.api.v1.problem import problem_response
from deployment.api.wire import views
from deployment.api.wire.error_body import wire_error
from deployment.parts import parts_of


def register(app: OpenAPI, for_people: Callable[[Refused], Response | None] = lambda _: None) -> None:
    """Give `app` the routes, the request class that spools uploads, and a shape for every error.

    `for_people` may make a page of an error that is of neither API.
    """
    app.cli.commands.pop("openapi", None)  # the library's; `/openapi.json` has the wire, too
    senders = app.extensions[SENDERS] = Senders(parts_of(app).policy.web_threads)
    app.wsgi_app = IncomingBodies(app.wsgi_app, senders)  # type: ignore[method-assign]
    app.request_class = MultipartRequest
    app.register_blueprint(views.wire)
    app.register_blueprint(health)
    app.register_blueprint(pages)
    v1.register(app)
    requests_noted.install(app)
    browser_headers.install(app)
    limiting.install(app)
    waiting.install(app, parts_of(app).policy.web_threads)
    other = lambda refused: for_people(refused) or wire_error(refused)  # noqa: E731
    errors.register(app, {"/v1/": problem_response, "/deployment/": wire_error, "": other})
