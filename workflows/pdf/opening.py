"""Opening a PDF and its pages, or saying why that cannot be done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from workflows.errors import DocumentError

END_WITHIN = 4096
"""Readers look for the end mark in the last 1024 bytes (ISO 32000-1, annex H.3.4.4); some servers append more."""
LOCKED = pdfium_c.FPDF_ERR_PASSWORD
REASONS = {
    LOCKED: "The PDF is protected with a password: save it without one, and send it again",
    pdfium_c.FPDF_ERR_SECURITY: "The PDF is protected in a way that we cannot open",
}


class PdfRefused(DocumentError):
    """The PDF cannot be opened; `code` is PDFium's."""

    def __init__(self, reason: str, code: int | None) -> None:
        super().__init__(reason)
        self.code = code


@contextmanager
def opened(path: Path, max_pages: int | None = None) -> Iterator[pdfium.PdfDocument]:
    """The document, closed at the end; raises `DocumentError` where it is cut short, locked, damaged, or too long."""
    see_the_end(path)
    with _document(path) as document:
        count = len(document)
        if max_pages is not None and count > max_pages:
            raise DocumentError(f"The document has more than {max_pages} pages (option max_pages)")
        if not count:
            raise DocumentError("The PDF is damaged: it has no pages")
        yield document


@contextmanager
def opened_page(document: pdfium.PdfDocument, number: int) -> Iterator[pdfium.PdfPage]:
    """The page of that number, counted from 1; raises `DocumentError` where it is damaged."""
    try:
        page = document[number - 1]
    except pdfium.PdfiumError as error:
        raise DocumentError(f"The PDF is damaged: its page {number} cannot be read") from error
    try:
        yield page
    finally:
        page.close()


def see_the_end(path: Path) -> None:
    """PDFium repairs what it can, and would give half of a file that was cut short, or what it was before a change."""
    with path.open("rb") as source:
        source.seek(max(0, source.seek(0, 2) - END_WITHIN))
        tail = source.read()
    ended = b"%%EOF" in tail or b"startxref" in tail
    if not ended or b" obj" in tail.rpartition(b"%%EOF")[2]:
        raise DocumentError("The PDF is cut short: its end is missing")


def _document(path: Path) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        reason = REASONS.get(error.err_code, "The PDF is damaged and cannot be opened")
        raise PdfRefused(reason, error.err_code) from error
