"""The faces over HTTP: the wire that today's clients rely on, and what watches the health of the process."""

from __future__ import annotations

from flask import Flask

from deployment.api import errors, waiting
from deployment.api.actions import actions
from deployment.api.executions import executions
from deployment.api.health import health
from deployment.api.incoming import IncomingBodies
from deployment.api.multipart import MultipartRequest
from deployment.api.output_files import output_files
from deployment.api.views import wire
from deployment.parts import parts_of


def register(app: Flask) -> None:
    """Give `app` the routes, the request class that spools uploads, and one shape for every error."""
    app.wsgi_app = IncomingBodies(app.wsgi_app)  # type: ignore[method-assign]
    app.request_class = MultipartRequest
    app.register_blueprint(wire)
    app.register_blueprint(executions)
    app.register_blueprint(actions)
    app.register_blueprint(output_files)
    app.register_blueprint(health)
    waiting.install(app, parts_of(app).policy.web_threads)
    errors.register(app)
