"""PDF, through PDFium."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from workflows.errors import DocumentError
from workflows.extraction.content import Content, Limits, reading

END_WITHIN = 4096
"""Readers look for the end mark in the last 1024 bytes (ISO 32000-1, annex H.3.4.4); some servers append more."""
REASONS = {
    pdfium_c.FPDF_ERR_PASSWORD: "The PDF is protected with a password: save it without one, and send it again",
    pdfium_c.FPDF_ERR_SECURITY: "The PDF is protected in a way that we cannot open",
}
METADATA = {"author": "Author", "subject": "Subject", "producer": "Producer", "created": "CreationDate"}
SOFT_HYPHEN = re.compile("[\ufffe\x02]")
"""What PDFium gives for a hyphen at the end of a line."""


def read(path: Path, limits: Limits) -> Content:
    """The text of each page. A page that cannot be read fails the document: the rest would pass for the whole."""
    content = Content(limits)
    _see_the_end(path)
    with reading("PDF"), _opened(path) as document:
        content.expect(len(document))
        if not len(document):
            raise DocumentError("The PDF is damaged: it has no pages")
        for number in range(len(document)):
            content.add(_text(document, number))
        _describe(document, content)
    return content


def _see_the_end(path: Path) -> None:
    """PDFium repairs what it can, and would give half of a file that was cut short, or what it was before a change."""
    with path.open("rb") as source:
        source.seek(max(0, source.seek(0, 2) - END_WITHIN))
        tail = source.read()
    ended = b"%%EOF" in tail or b"startxref" in tail
    if not ended or b" obj" in tail.rpartition(b"%%EOF")[2]:
        raise DocumentError("The PDF is cut short: its end is missing")


def _opened(path: Path) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        reason = REASONS.get(error.err_code, "The PDF is damaged and cannot be opened")
        raise DocumentError(reason) from error


def _text(document: pdfium.PdfDocument, number: int) -> str:
    try:
        page = document[number]
    except pdfium.PdfiumError as error:
        raise DocumentError(f"The PDF is damaged: its page {number + 1} cannot be read") from error
    try:
        text_page = page.get_textpage()
        try:
            return SOFT_HYPHEN.sub("-", text_page.get_text_range(errors="replace"))
        finally:
            text_page.close()
    finally:
        page.close()


def _describe(document: pdfium.PdfDocument, content: Content) -> None:
    told = {name: _told(document, key) for name, key in METADATA.items()}
    content.title = _told(document, "Title") or None
    content.metadata.update({name: value for name, value in told.items() if value})
    content.metadata["pdf_version"] = document.get_version()


def _told(document: pdfium.PdfDocument, key: str) -> str:
    """Pages that can be read are worth more than a title that cannot."""
    try:
        return str(document.get_metadata_value(key))
    except UnicodeDecodeError:
        return ""
