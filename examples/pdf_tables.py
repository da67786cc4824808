"""Writes a PDF with tables, one on each page: with lines around their cells, or only with their cells in columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from examples.pdf_pages import A4, LINE, MARGIN, write_text

COLUMN, ROW = 150, 20
PADDING = 5

Rows = Sequence[Sequence[str | int]]


def write_tables(path: Path, tables: Sequence[tuple[str, Rows, bool]]) -> None:
    """Write for each table its caption and its rows; the last word says whether it has lines."""
    with pdfium.PdfDocument.new() as document:
        for caption, rows, ruled in tables:
            page = document.new_page(*A4)
            top = A4[1] - MARGIN
            write_text(document, page, caption, MARGIN, top, 11)
            _write_rows(document, page, rows, top - LINE // 2)
            if ruled:
                _draw_grid(page, len(rows), len(rows[0]), top - LINE // 2)
            pdfium_c.FPDFPage_GenerateContent(page)
        document.save(str(path))


def _write_rows(document: pdfium.PdfDocument, page: pdfium.PdfPage, rows: Rows, top: float) -> None:
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            left, bottom = MARGIN + column * COLUMN + PADDING, top - number * ROW + PADDING
            write_text(document, page, str(cell), left, bottom, 10)


def _draw_grid(page: pdfium.PdfPage, rows: int, columns: int, top: float) -> None:
    right, bottom = MARGIN + columns * COLUMN, top - rows * ROW
    for row in range(rows + 1):
        _draw_line(page, (MARGIN, top - row * ROW), (right, top - row * ROW))
    for column in range(columns + 1):
        _draw_line(page, (MARGIN + column * COLUMN, top), (MARGIN + column * COLUMN, bottom))


def _draw_line(page: pdfium.PdfPage, start: tuple[float, float], end: tuple[float, float]) -> None:
    line = pdfium_c.FPDFPageObj_CreateNewPath(*start)
    pdfium_c.FPDFPath_LineTo(line, *end)
    pdfium_c.FPDFPath_SetDrawMode(line, pdfium_c.FPDF_FILLMODE_NONE, True)
    pdfium_c.FPDFPage_InsertObject(page, line)
