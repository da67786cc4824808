"""The text of a PDF, page by page."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2 as pdfium

from workflows.extraction.content import Content, Limits, reading
from workflows.pdf.opening import opened, opened_page

METADATA = {"author": "Author", "subject": "Subject", "producer": "Producer", "created": "CreationDate"}
SOFT_HYPHEN = re.compile("[\ufffe\x02]")
"""What PDFium gives for a hyphen at the end of a line."""


def read(path: Path, limits: Limits) -> Content:
    """The text of each page. A page that cannot be read fails the document: the rest would pass for the whole."""
    content = Content(limits)
    with reading("PDF"), opened(path, limits.pages) as document:
        for number in range(1, len(document) + 1):
            content.add(_text(document, number))
        _describe(document, content)
    return content


def _text(document: pdfium.PdfDocument, number: int) -> str:
    with opened_page(document, number) as page:
        text_page = page.get_textpage()
        try:
            return SOFT_HYPHEN.sub("-", text_page.get_text_range(errors="replace"))
        finally:
            text_page.close()


def _describe(document: pdfium.PdfDocument, content: Content) -> None:
    told = {name: metadata_of(document, key) for name, key in METADATA.items()}
    content.title = metadata_of(document, "Title") or None
    content.metadata.update({name: value for name, value in told.items() if value})
    content.metadata["pdf_version"] = document.get_version()


def metadata_of(document: pdfium.PdfDocument, key: str) -> str:
    """One entry of the document's information. Pages that can be read are worth more than a title that cannot."""
    try:
        return str(document.get_metadata_value(key))
    except UnicodeDecodeError:
        return ""
