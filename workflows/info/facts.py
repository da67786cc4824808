"""What is found out about a document, and how much of it at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows.storable_text import clean_text

MAX_LISTED = 1000
"""Entries of a list, such as that of embedded files; above it, the list says that it is not whole."""
MAX_CHARACTERS = 2000
"""Of one property."""


@dataclass
class Facts:
    """`properties` are what the document says of itself, `found` what it is. `looked_at` limits costly looks."""

    looked_at: int = 200
    properties: dict[str, str] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def tell(self, properties: Mapping[str, str | None]) -> None:
        """Take the properties that have a value, unless there is one already."""
        for name, value in properties.items():
            text = " ".join(clean_text(value or "").split())[:MAX_CHARACTERS]
            if text:
                self.properties.setdefault(name, text)

    def enlist(self, name: str, entries: list[Any]) -> None:
        """Take a list, or the beginning of a very long one."""
        self.found[name] = entries[:MAX_LISTED]
        if len(entries) > MAX_LISTED:
            self.warnings.append(f"Only the first {MAX_LISTED} of {len(entries)} {name.replace('_', ' ')} are listed")
