"""Tags and metadata, as a caller may choose them."""

from __future__ import annotations

import json
import re
from typing import Any

from deployment.api.errors import FieldError
from deployment.api.tags import TAG_LENGTH, TAG_PATTERN

KEYS, KEY_LENGTH, BYTES = 50, 100, 16_384
SHOWN_AT_MOST = 10
KEY = re.compile(r"[A-Za-z0-9_.-]+")


def tag_breaches(tags: list[str]) -> list[FieldError]:
    """What is wrong with tags."""
    wrong = [tag for tag in tags if not re.fullmatch(TAG_PATTERN, tag) or len(tag) > TAG_LENGTH]
    rule = f"begins with a letter, then letters, digits, '_' and '-', {TAG_LENGTH} at most"
    return [
        FieldError("invalid", f"{tag[:TAG_LENGTH]!r} is not a tag: it {rule}.", "tags") for tag in wrong[:SHOWN_AT_MOST]
    ]


def metadata_breaches(metadata: dict[str, Any]) -> list[FieldError]:
    """What is wrong with metadata: keys are words, so that they can be named in a query."""
    wrong = [key for key in metadata if len(key) > KEY_LENGTH or not KEY.fullmatch(key)]
    found = [
        FieldError(
            "invalid",
            f"{key[:50]!r} is not a key: letters, digits, '_', '.' and '-', {KEY_LENGTH} at most.",
            "metadata",
        )
        for key in wrong[:SHOWN_AT_MOST]
    ]
    if len(metadata) > KEYS:
        found.append(FieldError("max_length", f"Ensure that there are at most {KEYS} keys.", "metadata"))
    if len(json.dumps(metadata)) > BYTES:
        found.append(FieldError("max_length", f"Ensure that it is at most {BYTES} bytes of JSON.", "metadata"))
    return found
