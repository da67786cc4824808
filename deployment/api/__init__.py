"""The faces over HTTP: the wire that today's clients rely on, and what watches the health of the process."""

from __future__ import annotations

from flask import Flask

from deployment.api import errors
from deployment.api.health import health
from deployment.api.uploads import UploadRequest
from deployment.api.views import wire


def register(app: Flask) -> None:
    """Give `app` the routes, the request class that spools uploads, and one shape for every error."""
    app.request_class = UploadRequest
    app.register_blueprint(wire)
    app.register_blueprint(health)
    errors.register(app)
