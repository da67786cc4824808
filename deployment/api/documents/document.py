"""The OpenAPI document (3.1): what it says beside the operations, which describe themselves where they are declared."""

from __future__ import annotations

import copy
import json
from functools import cache
from importlib.resources import files
from typing import Any, cast

from flask import current_app
from flask_openapi3 import Info, OpenAPI

from deployment.api.documents.wire_document import WIRE_PATHS, WIRE_SCHEMAS
from deployment.api.v1.problem import Problem, not_valid
from deployment.api.v1.route import PARAMETERS, SECURITY

Document = dict[str, Any]
ABOUT = """A document workflow as an HTTP API: POST files, and get the result by waiting, by polling, or by a webhook.

Errors of `/v1` are problem details (RFC 9457) with a stable `code`: [what each means](/docs/errors)."""
METHODS = ("get", "post", "put", "patch", "delete")

SETTINGS: dict[str, Any] = {
    "info": Info(title="Airlock", version="1", description=ABOUT),
    "security_schemes": {SECURITY: {"type": "http", "scheme": "bearer", "description": "an API key"}},
    "doc_ui": False,
    "validation_error_status": 400,
    "validation_error_model": Problem,
    "validation_error_callback": not_valid,
}
"""For the application, which collects the operations."""


def whole_document() -> Document:
    """The document of the current application: the native API and the wire, with examples that were real replies."""
    document: Document = copy.deepcopy(cast(OpenAPI, current_app).api_doc)
    document["paths"] |= copy.deepcopy(WIRE_PATHS)
    document["components"]["schemas"] |= copy.deepcopy(WIRE_SCHEMAS)
    for item in document["paths"].values():
        for method in METHODS:
            if method in item:
                _show_parameters(item[method])
                _show_examples(item[method])
    return document


def _show_parameters(operation: Document) -> None:
    if more := PARAMETERS.get(operation["operationId"]):
        operation["parameters"] = [*operation.get("parameters", []), *copy.deepcopy(list(more))]


def _show_examples(operation: Document) -> None:
    shown = _examples().get(operation["operationId"], {})
    for status, reply in operation["responses"].items():
        for content in reply.get("content", {}).values():
            if status in shown:
                content["example"] = shown[status]


@cache
def _examples() -> Document:
    """By operation and status."""
    found: Document = json.loads((files(__package__) / "examples.json").read_text())
    return found
