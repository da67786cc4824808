"""The native API, `/v1`: what we would want to call ourselves."""

from __future__ import annotations

from flask_openapi3 import OpenAPI

from deployment.api.v1 import (
    actions,
    audit,
    deliveries,
    deployments,
    describe,
    keys,
    listing,
    outputs,
    results,
    show,
    stream,
    submit,
    usage,
    webhooks,
    workflows,
)
from deployment.api.v1.route import native

OPERATIONS = (
    submit,
    listing,
    show,
    results,
    outputs,
    stream,
    actions,
    deployments,
    describe,
    workflows,
    keys,
    audit,
    webhooks,
    deliveries,
    usage,
)
"""The modules that declare operations; to import them is to declare these."""


def register(app: OpenAPI) -> None:
    """Give `app` the native API."""
    app.register_api(native)
