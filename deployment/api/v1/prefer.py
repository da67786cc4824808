"""The header `Prefer: wait=N` (RFC 7240, section 4.3): seconds that a caller would wait for the result."""

from __future__ import annotations

import re

from flask import request

LONGEST_WAIT = 300
WAIT = re.compile(r'(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=$|[,;])', re.IGNORECASE)


def preferred_wait() -> int:
    """Seconds, at most 300; 0 where the caller says nothing that is understood: a preference may be ignored."""
    found = WAIT.search(", ".join(request.headers.getlist("Prefer")))
    return min(int(found[1]), LONGEST_WAIT) if found else 0
