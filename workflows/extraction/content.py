"""What is read from a document, and how much of it at most."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workflows.errors import DocumentError
from workflows.storable_text import clean_text

BLANKS = " \t\xa0"
MANY_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Limits:
    """Above these a document is refused, since a part of it would pass for the whole."""

    pages: int
    characters: int = 50_000_000


@dataclass(frozen=True)
class Page:
    """A page, sheet or slide, counted from 1; `name` is that of a sheet, or the title of a slide."""

    number: int
    text: str
    name: str | None = None


@dataclass
class Content:
    """What a document says. `language` is what it claims for itself, an IETF tag; `metadata` is plain JSON."""

    limits: Limits
    pages: list[Page] = field(default_factory=list)
    title: str | None = None
    language: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    _characters: int = 0

    def add(self, text: str, name: str | None = None) -> None:
        """Add the next page; raises `DocumentError` when that is one too many."""
        self.expect(len(self.pages) + 1)
        self.weigh(len(text))
        self.pages.append(Page(len(self.pages) + 1, tidy(text), name))

    def expect(self, pages: int) -> None:
        """Refuse a document that has more pages than wanted, before they are read."""
        if pages > self.limits.pages:
            raise DocumentError(f"The document has more than {self.limits.pages} pages (option max_pages)")

    def weigh(self, characters: int) -> None:
        """Refuse a text that is longer than any reader could want."""
        self._characters += characters
        if self._characters > self.limits.characters:
            raise DocumentError(f"The document has more than {self.limits.characters} characters of text")


def whole(path: Path, limits: Limits) -> bytes:
    """All bytes of a file that is text; refuses one that could not but be too long, before it is read."""
    if path.stat().st_size > 4 * limits.characters:
        raise DocumentError(f"The document has more than {limits.characters} characters of text")
    return path.read_bytes()


def tidy(text: str) -> str:
    """The text with `\\n` for every kind of line end, no blanks at line ends and no heaps of blank lines."""
    lines = clean_text(text).replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").split("\n")
    return MANY_BLANK_LINES.sub("\n\n", "\n".join(line.rstrip(BLANKS) for line in lines)).strip("\n")


@contextmanager
def reading(kind: str) -> Iterator[None]:
    """Tell whatever a parser raises over a broken document as a `DocumentError` about a `kind`."""
    try:
        yield
    except DocumentError:
        raise
    except Exception as error:
        told = clean_text(f"{type(error).__name__}: {error}")[:300]
        raise DocumentError(f"The {kind} is damaged and cannot be read ({told})") from error
