"""Plain text, Markdown, CSV and TSV: the text is the file, decoded."""

from __future__ import annotations

from pathlib import Path

from workflows.decoding import LIKELY, decode
from workflows.extraction.content import Content, Limits, whole

DAMAGED = "Some bytes are not of the text's encoding; U+FFFD stands in their place"


def read(path: Path, limits: Limits) -> Content:
    """The whole text as one page."""
    content = Content(limits)
    decoded = decode(whole(path, limits))
    content.add(decoded.text)
    content.metadata["encoding"] = decoded.encoding
    if decoded.encoding in LIKELY:
        content.warnings.append(f"The text does not say its encoding; it was read as {decoded.encoding}")
    if decoded.damaged:
        content.warnings.append(DAMAGED)
    return content
