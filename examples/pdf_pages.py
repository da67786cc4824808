"""Writes a PDF: a title and paragraphs for each page, in a font that every reader has."""

from __future__ import annotations

import ctypes
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

A4 = (595, 842)
MARGIN = 72
LINE = 16
COLUMNS = 80

Page = tuple[str, Sequence[str]]
"""The title of a page, and its paragraphs."""


def write_pdf(path: Path, pages: Sequence[Page]) -> None:
    """Write one page for each title; what does not fit on it is cut off."""
    with pdfium.PdfDocument.new() as document:
        for title, paragraphs in pages:
            page = document.new_page(*A4)
            for top, size, line in _lines(title, paragraphs):
                write_text(document, page, line, MARGIN, top, size)
            pdfium_c.FPDFPage_GenerateContent(page)
        document.save(str(path))


def _lines(title: str, paragraphs: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Where each line stands (points from the bottom), its size in points, and its text."""
    top = A4[1] - MARGIN
    yield top, 18, title
    top -= 2 * LINE
    for paragraph in paragraphs:
        for line in textwrap.wrap(paragraph, COLUMNS):
            yield top, 11, line
            top -= LINE
        top -= LINE // 2


def write_text(
    document: pdfium.PdfDocument, page: pdfium.PdfPage, line: str, left: float, bottom: float, size: int
) -> None:
    """Write one line; `left` and `bottom` are where it begins, in points from the lower left corner of the page."""
    font = pdfium_c.FPDFText_LoadStandardFont(document, b"Helvetica")
    text = pdfium_c.FPDFPageObj_CreateTextObj(document, font, ctypes.c_float(size))
    wide = ctypes.create_string_buffer(line.encode("utf-16-le") + b"\0\0")
    pdfium_c.FPDFText_SetText(text, ctypes.cast(wide, ctypes.POINTER(ctypes.c_ushort)))
    pdfium_c.FPDFPageObj_Transform(text, 1, 0, 0, 1, left, bottom)
    pdfium_c.FPDFPage_InsertObject(page, text)
    pdfium_c.FPDFFont_Close(font)
