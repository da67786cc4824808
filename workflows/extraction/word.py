"""DOCX: the body, then foot- and endnotes, as one page, since pages are made only when Word lays the text out."""

from __future__ import annotations

from pathlib import Path

from workflows.extraction.content import Content, Limits, reading
from workflows.extraction.office import Package
from workflows.extraction.office_text import text_of


def read(path: Path, limits: Limits) -> Content:
    """The text with insertions and without deletions, content controls and text boxes included."""
    content = Content(limits)
    with reading("DOCX"):
        package = Package(path)
        main = package.main()
        notes = package.related("footnotes", main) + package.related("endnotes", main)
        content.add("\n\n".join(filter(None, (text_of(package.tree(part)).strip() for part in (main, *notes)))))
        package.describe(content)
    return content
