"""Declaring an operation of the native API: its right, its replies and its place in the OpenAPI document, at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from flask import Response, current_app, jsonify
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.models import Schema
from flask_openapi3.utils import get_model_schema
from pydantic import BaseModel

from deployment.api.v1.parameters import Parameter
from deployment.api.v1.problem import PROBLEM_JSON, Problem
from deployment.models import Scope

native = APIBlueprint("v1", __name__, url_prefix="/v1")
View = Callable[..., Any]
Replies = Mapping[int, type[BaseModel] | Mapping[str, Any] | None]
"""By status: the model of a JSON body, None for an empty one, or what OpenAPI calls a Response Object."""

ALWAYS = (400, 401, 403, 429, 503)
"""Problems that any operation may answer with: a breach, a wrong key, a missing right, too many, a part is away."""
SECURITY = "api_key"
PARAMETERS: dict[str, Sequence[Parameter]] = {}
"""By operation, those that the library does not read, and so would not describe: headers, above all."""
_scopes: dict[str, Scope | None] = {}


def route(
    method: str,
    rule: str,
    scope: Scope | None,
    *,
    tag: str,
    replies: Replies,
    problems: Sequence[int] = (),
    body: type[BaseModel] | None = None,
    parameters: Sequence[Parameter] = (),
    schemas: Sequence[type[BaseModel]] = (),
    **document: Any,
) -> Callable[[View], View]:
    """Make a view an operation, for keys with `scope`; with None it looks after its own right.

    The view takes what OpenAPI knows as `path` and `query`, as pydantic models, and returns a model, a model with a
    status, or a `Response`. It reads its `body` by `read_body`. Its docstring is the operation's summary. `problems`
    are the statuses beside `ALWAYS` that it may refuse with; `document` is put into the operation as it is, and may
    refer to `schemas`.
    """
    described: list[type[BaseModel]] = [Problem, *schemas, *([body] if body else [])]
    for model in described:
        _describe(model)
    if body is not None:
        document["requestBody"] = _json_of(body)

    def declare(view: View) -> View:
        _scopes[f"{native.name}.{view.__name__}"] = scope
        PARAMETERS[view.__name__] = parameters
        getattr(native, method)(
            rule,
            tags=[Tag(name=tag)],
            operation_id=view.__name__,
            security=[{SECURITY: [scope] if scope else []}],
            responses={**replies, **{status: _problem() for status in sorted({*ALWAYS, *problems})}},
            openapi_extensions=document or None,
        )(_replying(view))
        return view

    return declare


def scope_of(endpoint: str) -> Scope | None:
    """What a key must have for the operation behind an endpoint; raises `KeyError` for one that was never declared."""
    return _scopes[endpoint]


def _replying(view: View) -> View:
    """The view as Flask wants it: what it returns is made a reply."""

    @wraps(view)
    def operation(**given: Any) -> Any:
        answer = view(**given)
        if isinstance(answer, BaseModel):
            return _json(answer, 200)
        return _json(*answer) if isinstance(answer, tuple) else answer

    return operation


def _json(model: BaseModel, status: int) -> Response:
    reply = jsonify(model.model_dump(mode="json", by_alias=True))
    reply.status_code = status
    return reply


def reference(model: type[BaseModel]) -> str:
    """Where the document describes a model."""
    return f"#/components/schemas/{model.__name__}"


def _describe(model: type[BaseModel]) -> None:
    schema = get_model_schema(model)
    for name, defined in {model.__name__: schema, **schema.get("$defs", {})}.items():
        native.components_schemas.setdefault(name, Schema(**defined))


def _json_of(model: type[BaseModel]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": reference(model)}}}}


def _problem() -> dict[str, Any]:
    """Another one each time: the library writes into it."""
    return {"content": {PROBLEM_JSON: {"schema": {"$ref": reference(Problem)}}}}


def path_to(operation: str, **values: Any) -> str:
    """The path of an operation, with the prefix under which a proxy shows us."""
    return current_app.url_for(f"{native.name}.{operation}", **values)
