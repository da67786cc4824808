"""The OpenAPI document (3.1): what it says beside the operations, which describe themselves where they are declared."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Info

from deployment.api.v1.problem import Problem, not_valid
from deployment.api.v1.route import SECURITY

ABOUT = """A document workflow as an HTTP API: POST files, and get the result by waiting, by polling, or by a webhook.

Errors are problem details (RFC 9457) with a stable `code`."""

SETTINGS: dict[str, Any] = {
    "info": Info(title="Airlock", version="1", description=ABOUT),
    "security_schemes": {SECURITY: {"type": "http", "scheme": "bearer", "description": "an API key"}},
    "doc_ui": False,
    "validation_error_status": 400,
    "validation_error_model": Problem,
    "validation_error_callback": not_valid,
}
"""For the application, which collects the operations."""
