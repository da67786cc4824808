"""The codes of refusals: words that never change, for programs. docs/errors.md explains them to people."""

from __future__ import annotations

TITLES = {
    "authentication_failed": "The API key is not valid",
    "conflict": "Not possible as things stand",
    "deleted": "Deleted",
    "empty": "An empty file",
    "error": "An unexpected error",
    "expired": "The result has expired",
    "gone": "Not there any more",
    "idempotency_key_in_use": "The first request with this Idempotency-Key is being accepted",
    "idempotency_key_reused": "The Idempotency-Key belongs to another request",
    "invalid": "Not valid",
    "max_length": "Too long, or too many",
    "max_value": "Too large a number",
    "min_value": "Too small a number",
    "no_name": "A file without a name",
    "not_allowed": "Not allowed here",
    "not_dispatched": "The execution failed before it came to the workers",
    "not_found": "Not found",
    "not_supported": "Not supported",
    "parse_error": "The body cannot be read",
    "permission_denied": "The API key may not do this",
    "rate_limited": "Too many requests",
    "required": "Something is missing",
    "service_unavailable": "A part is away",
    "throttled": "No free slot",
    "too_large": "Too large",
    "too_many_waiting": "Too many callers wait",
    "undecided": "Not decided yet",
    "unknown_field": "No such field",
    "unsupported_media_type": "The body is of a kind that is not read here",
    "upload_quota_exceeded": "Too many bytes in a day",
}


def title_of(code: str) -> str:
    """What a code means, in a few words; the codes of other HTTP errors are their names."""
    return TITLES.get(code) or code.replace("_", " ").capitalize()
