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
                _write_line(document, page, line, top, size)
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


def _write_line(document: pdfium.PdfDocument, page: pdfium.PdfPage, line: str, top: int, size: int) -> None:
    font = pdfium_c.FPDFText_LoadStandardFont(document, b"Helvetica")
    text = pdfium_c.FPDFPageObj_CreateTextObj(document, font, ctypes.c_float(size))
    wide = ctypes.create_string_buffer(line.encode("utf-16-le") + b"\0\0")
    pdfium_c.FPDFText_SetText(text, ctypes.cast(wide, ctypes.POINTER(ctypes.c_ushort)))
    pdfium_c.FPDFPageObj_Transform(text, 1, 0, 0, 1, MARGIN, top)
    pdfium_c.FPDFPage_InsertObject(page, text)
    pdfium_c.FPDFFont_Close(font)
