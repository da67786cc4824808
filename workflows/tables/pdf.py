"""Tables of a PDF: first those that are drawn, then, among the words outside of them, those that only line up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium

from workflows.errors import DocumentError
from workflows.extraction.content import reading
from workflows.pdf.opening import opened, opened_page
from workflows.pdf.rulings import rulings_of
from workflows.pdf.words import Box, Words, words_of
from workflows.tables.grid import is_table
from workflows.tables.lines import lines_of
from workflows.tables.ruled import TooManyLines, grids_of
from workflows.tables.table import Row, Table, Tables, Wanted, text_cell
from workflows.tables.unruled import rows_of, unruled_tables

NO_TEXT = "The document has no text; if it is a scan, run OCR on it first"
CAPTION = re.compile(
    r"(table|tabelle|tableau|tabla|tabella|tabela|tabel|tab\.?)\s*[\dIVXA-Z][\dIVX.]*\b", re.IGNORECASE
)
CAPTION_WITHIN = 2.5
"""How far above its table a caption stands, in heights of a letter."""
HYPHEN = re.compile("[\ufffe\x02] ?")
"""What PDFium gives for a hyphen at the end of a line."""


@dataclass(frozen=True)
class _Found:
    top: float
    left: float
    rows: list[list[str]]


def read(path: Path, wanted: Wanted) -> Tables:
    """The tables of the pages that are wanted, from the top of each; a page that cannot be read fails the document."""
    tables = Tables(wanted)
    with reading("PDF"), opened(path, wanted.max_pages) as document:
        texts = [_read_page(document, number, tables) for number in wanted.pages.of(len(document))]
        if not any(texts):
            _accept_no_text(tables)
    return tables


def _accept_no_text(tables: Tables) -> None:
    """That a scan has no tables is not true, so it must be asked for."""
    if not tables.wanted.allow_empty:
        raise DocumentError(f"{NO_TEXT} (option allow_empty lets it pass)")
    tables.warnings.append(NO_TEXT)


def _read_page(document: pdfium.PdfDocument, number: int, tables: Tables) -> bool:
    """Whether the page has any text."""
    with opened_page(document, number) as page:
        read = words_of(page)
        words = read.words
        tables.weigh(characters=sum(len(word.text) for word in words))
        for found in sorted(_tables_of(page, number, read, tables), key=lambda found: (found.top, found.left)):
            rows: list[Row] = [[_cell(text) for text in row] for row in found.rows]
            tables.add(Table(rows, {"page": number}, _caption(found, words)))
        return bool(words)


def _tables_of(page: pdfium.PdfPage, number: int, read: Words, tables: Tables) -> Iterator[_Found]:
    words = read.words
    try:
        grids = grids_of(rulings_of(page, read.rotation))
    except TooManyLines:
        grids = []
        tables.warnings.append(f"Page {number} has a drawing of very many lines; tables in it were not looked for")
    for grid in grids:
        rows = grid.rows(filter(grid.holds, words))
        if is_table(rows):
            words = [word for word in words if not grid.holds(word)]
            yield _Found(grid.ys[0], grid.xs[0], rows)
    if tables.wanted.unruled:
        for block, columns in unruled_tables(words):
            top = min(piece.top for piece in block[0])
            yield _Found(top, columns[0][0], list(rows_of(block, columns)))


def _cell(text: str) -> str | None:
    return text_cell(HYPHEN.sub("-", text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")))


def _caption(found: _Found, words: list[Box]) -> str | None:
    """The line right above, if it says that it is one."""
    above = [word for word in words if 0 < found.top - word.middle[1] < CAPTION_WITHIN * word.height]
    lines = lines_of(above)
    text = " ".join(word.text for word in lines[-1]) if lines else ""
    return text_cell(text) if CAPTION.match(text) else None
