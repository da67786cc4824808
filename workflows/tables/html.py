"""Tables of an HTML page, from libxml2's stream of tags; a table within a cell is a table of its own."""

from __future__ import annotations

from pathlib import Path

from workflows.errors import DocumentError
from workflows.extraction.content import Limits, reading
from workflows.extraction.html import SILENT, parse
from workflows.tables.html_table import HtmlTable
from workflows.tables.table import Table, Tables, Wanted

MAX_DEPTH = 100
"""Tables within tables. Pages that are laid out by tables nest ten."""


def read(path: Path, wanted: Wanted) -> Tables:
    """The tables in the order in which they begin."""
    tables = Tables(wanted)
    with reading("HTML page"):
        page = _Reader(tables)
        parse(path, Limits(pages=1, characters=wanted.max_characters), page)
        for table in page.tables:
            tables.add(Table(table.rows, {}, table.caption, table.header_rows))
    return tables


class _Reader:
    """Takes the events of the parser; what is said belongs to the innermost table."""

    def __init__(self, limits: Tables) -> None:
        self.tables: list[HtmlTable] = []
        self._open: list[HtmlTable] = []
        self._limits = limits
        self._silent = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._silent += tag in SILENT
        if tag == "table":
            if len(self._open) == MAX_DEPTH:
                raise DocumentError(f"The page has more than {MAX_DEPTH} tables within each other")
            self._open.append(HtmlTable(self._limits))
            self.tables.append(self._open[-1])
        elif self._open:
            self._open[-1].start(tag, attributes)

    def end(self, tag: str) -> None:
        self._silent -= tag in SILENT
        if self._open:
            self._open[-1].end(tag)
            if tag == "table":
                self._open.pop()

    def data(self, text: str) -> None:
        if self._open and not self._silent:
            self._limits.weigh(characters=len(text))
            self._open[-1].say(text)

    def comment(self, text: str) -> None:
        return None

    def pi(self, target: str, data: str | None = None) -> None:
        return None

    def close(self) -> None:
        for table in self._open:
            table.end("table")
