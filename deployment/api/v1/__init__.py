"""The native API, `/v1`: what we would want to call ourselves."""

from __future__ import annotations

from flask_openapi3 import OpenAPI

from deployment.api.v1 import actions, describe, outputs, results, show, stream, submit
from deployment.api.v1.route import native

OPERATIONS = (describe, submit, show, results, outputs, stream, actions)
"""The modules that declare operations; to import them is to declare these."""


def register(app: OpenAPI) -> None:
    """Give `app` the native API."""
    app.register_api(native)
