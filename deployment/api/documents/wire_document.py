"""The wire of `/deployment/api/{org}/{name}/` for the OpenAPI document: its views read requests of their own kind."""

from __future__ import annotations

from typing import Any

from deployment.api.v1.route import SECURITY
from deployment.api.wire.fields import INCLUDES, MAX_WAIT

PATH = "/deployment/api/{org}/{name}/"
STATUSES = ["PENDING", "EXECUTING", "COMPLETED", "ERROR", "STOPPED"]


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _reply(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _reference(schema)}}}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_FLAG: dict[str, Any] = {"type": "boolean", "default": False}
_FILES: dict[str, Any] = {"type": "array", "items": {"type": "string", "format": "binary"}}
_ITEMS: dict[str, Any] = {"type": "array", "items": _reference("WireItem")}
_REFUSED = {
    "400": _reply("Fields that break their rules", "WireError"),
    "401": _reply("The key is not valid here", "WireError"),
    "403": _reply("There is no key", "WireError"),
    "404": _reply("There is no such deployment or execution", "WireError"),
    "429": _reply("Too many: `Retry-After` says when to come again", "WireError"),
    "503": _reply("A part is away: `Retry-After` says when to come again", "WireError"),
}
_FORM: dict[str, Any] = {
    "timeout": {
        "type": "integer",
        "minimum": -1,
        "maximum": MAX_WAIT,
        "default": -1,
        "description": "seconds to wait for the result; -1 and 0: answer at once",
    },
    **dict.fromkeys(INCLUDES, _FLAG),
    "use_file_history": _FLAG,
    "tags": {"type": "string", "description": "comma list"},
    "custom_data": {"type": "string", "description": "a JSON object for the workflow"},
    "presigned_urls": {"type": "array", "items": {"type": "string"}},
}
_NAMES = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in ("org", "name")]
_KEY: dict[str, Any] = {"security": [{SECURITY: []}], "tags": ["Wire"]}
_POST: dict[str, Any] = {
    **_KEY,
    "operationId": "wire_post_execution",
    "summary": "Submit files as clients of Unstract's API deployments do",
    "parameters": [{"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}}],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        **_FORM,
                    },
                }
            },
            "application/json": {"schema": {"type": "object", "required": ["presigned_urls"], "properties": _FORM}},
        },
    },
    "responses": {
        "200": _reply("Accepted, or done", "WirePosted"),
        "409": _reply("The first request with this Idempotency-Key is being accepted", "WireError"),
        "410": _reply("The result of that request has expired", "WirePosted"),
        "413": _reply("Too large", "WireError"),
        "415": _reply("No body that is read here", "WireError"),
        "422": {
            "description": "The execution has failed, or the Idempotency-Key is another request's",
            "content": {"application/json": {"schema": {"anyOf": [_reference("WirePosted"), _reference("WireError")]}}},
        },
        **_REFUSED,
    },
}
_GET: dict[str, Any] = {
    **_KEY,
    "operationId": "wire_get_execution",
    "summary": "How an execution stands, and its result",
    "parameters": [
        {"name": "execution_id", "in": "query", "required": True, "schema": {"type": "string", "format": "uuid"}},
        *({"name": name, "in": "query", "schema": _FLAG} for name in INCLUDES),
    ],
    "responses": {
        "200": _reply("It is COMPLETED", "WireTold"),
        "406": _reply("The result of a single-use deployment was read before", "WireTold"),
        "410": _reply("The result has expired", "WireTold"),
        "422": _reply("It goes on, or has failed, or was stopped", "WireTold"),
        **_REFUSED,
    },
}

WIRE_PATHS: dict[str, Any] = {PATH: {"parameters": _NAMES, "post": _POST, "get": _GET}}
WIRE_SCHEMAS: dict[str, Any] = {
    "WireItem": {
        "type": "object",
        "required": ["file", "file_execution_id", "status", "error", "result", "metadata"],
        "properties": {
            "file": {"type": "string"},
            "file_execution_id": {"type": "string", "format": "uuid"},
            "status": {"enum": ["Success", "Failed"]},
            "error": _nullable({"type": "string"}),
            "result": _nullable({"type": "object"}),
            "metadata": {"type": "object"},
            "outputs": {"type": "array", "items": {"type": "object"}},
            "extracted_text": _nullable({"type": "string"}),
        },
    },
    "WirePosted": {
        "type": "object",
        "required": ["message"],
        "properties": {
            "message": {
                "type": "object",
                "required": ["execution_id", "execution_status", "status_api", "error", "result"],
                "properties": {
                    "execution_id": {"type": "string", "format": "uuid"},
                    "execution_status": {"enum": STATUSES},
                    "status_api": {"type": "string"},
                    "error": _nullable({"type": "string"}),
                    "result": _nullable(_ITEMS),
                    "progress": {"type": "object"},
                },
            }
        },
    },
    "WireTold": {
        "type": "object",
        "required": ["status", "message"],
        "properties": {
            "status": {"enum": STATUSES},
            "message": {"anyOf": [_ITEMS, {"type": "string"}, {"type": "null"}]},
            "error": {"type": "string"},
            "progress": {"type": "object"},
        },
    },
    "WireError": {
        "type": "object",
        "required": ["type", "errors", "message"],
        "properties": {
            "type": {"enum": ["validation_error", "client_error", "server_error"]},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["code", "detail", "attr"],
                    "properties": {
                        "code": {"type": "string"},
                        "detail": {"type": "string"},
                        "attr": _nullable({"type": "string"}),
                    },
                },
            },
            "message": {"type": "object"},
        },
    },
}
