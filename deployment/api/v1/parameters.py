"""What requests may say beside paths and plain queries, as OpenAPI describes it: headers, above all."""

from __future__ import annotations

from typing import Any

Parameter = dict[str, Any]


def _header(name: str, description: str, **schema: Any) -> Parameter:
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string", **schema}}


IDEMPOTENCY_KEY = _header(
    "Idempotency-Key",
    "a name of your choice for this request, so that it can be sent again (IETF draft, version 07)",
    minLength=1,
    maxLength=255,
    pattern="^[ -~]+$",
)
PREFER = _header("Prefer", "`wait=N`: answer when it has ended, or after N seconds (RFC 7240)", examples=["wait=30"])
IF_NONE_MATCH = _header("If-None-Match", "the `ETag` of what you know: 304 if nothing has changed")
LAST_EVENT_ID = _header("Last-Event-ID", "the id of the last event that you know")
METADATA_FILTER: Parameter = {
    "name": "metadata",
    "in": "query",
    "style": "deepObject",
    "explode": True,
    "description": "`metadata[key]=value`: with exactly this value; all of them",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}
