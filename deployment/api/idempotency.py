"""The header Idempotency-Key: a string as the IETF draft wants it, in quotes, or bare as most clients send it."""

from __future__ import annotations

import re

from flask import request

from deployment.api.errors import FieldError

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
"""Of a reply about a run that an earlier request has made."""
LONGEST = 255
QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
"""A string of RFC 8941, section 3.3.3."""
PRINTABLE = re.compile(r"[ -~]+")


def idempotency_key(errors: list[FieldError]) -> str | None:
    """The key of the current request, None if it has none; a breach is added to `errors`."""
    given = request.headers.get(HEADER)
    if given is None:
        return None
    quoted = QUOTED.fullmatch(given.strip())
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else given.strip()
    if len(key) <= LONGEST and PRINTABLE.fullmatch(key):
        return key
    errors.append(FieldError("invalid", f"Must be 1 to {LONGEST} printable ASCII characters.", HEADER))
    return None
