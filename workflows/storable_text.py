"""Text that every database can store."""

from __future__ import annotations

import re

NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL stores no NUL, and UTF-8 has no lone surrogates."""
REPLACEMENT = "�"


def clean_text(text: str) -> str:
    """The text with U+FFFD in place of NUL and lone surrogates."""
    return NOT_STORABLE.sub(REPLACEMENT, text)
