"""What a tag may be, on every face."""

from __future__ import annotations

TAG_PATTERN = r"[a-zA-Z][a-zA-Z0-9_-]*"
TAG_LENGTH = 50
