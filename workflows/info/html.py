"""HTML pages: what their head says, and what they are made of."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from workflows.extraction.content import Limits, reading
from workflows.extraction.html import SPACE, parse
from workflows.extraction.html import read as read_text
from workflows.info.facts import MAX_LISTED, Facts
from workflows.storable_text import clean_text

COUNTED = {
    "img": "image_count",
    "script": "script_count",
    "form": "form_count",
    "table": "table_count",
    "iframe": "frame_count",
}
PROPERTIES = {"author": "author", "description": "subject", "keywords": "keywords", "generator": "application"}
HEADINGS = {f"h{level}" for level in range(1, 7)}


def read(path: Path, facts: Facts) -> None:
    """Title, language, meta tags, and counts of what is in the page."""
    limits, page = Limits(pages=1), _Page()
    with reading("HTML page"):
        parse(path, limits, page)
    content = read_text(path, limits)
    words = sum(len(part.text.split()) for part in content.pages)
    facts.tell({"title": content.title, "language": content.language})
    facts.tell({known: page.meta.get(name) for name, known in PROPERTIES.items()})
    facts.found.update(
        encrypted=False,
        word_count=words,
        link_count=page.counts["link"],
        heading_count=sum(page.counts[heading] for heading in HEADINGS),
        **{name: page.counts[tag] for tag, name in COUNTED.items()},
        canonical=page.canonical,
        meta=page.meta,
    )


class _Page:
    """Takes the events of the parser, and counts tags."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.meta: dict[str, str] = {}
        self.canonical: str | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in COUNTED or tag in HEADINGS:
            self.counts[tag] += 1
        elif tag == "a" and "href" in attributes:
            self.counts["link"] += 1
        elif tag == "meta" and len(self.meta) < MAX_LISTED:
            self._take(attributes)
        elif tag == "link" and attributes.get("rel", "").lower() == "canonical":
            self.canonical = clean_text(attributes.get("href", ""))

    def _take(self, attributes: dict[str, str]) -> None:
        name = attributes.get("name") or attributes.get("property") or attributes.get("http-equiv")
        if name:
            self.meta.setdefault(clean_text(name).lower(), SPACE.sub(" ", clean_text(attributes.get("content", ""))))

    def end(self, tag: str) -> None:
        return None

    def data(self, text: str) -> None:
        return None

    def comment(self, text: str) -> None:
        return None

    def pi(self, target: str, data: str | None = None) -> None:
        return None

    def close(self) -> None:
        return None
