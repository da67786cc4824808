"""A table as it comes out of a document, and how much of it all a result may hold."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from workflows.errors import DocumentError
from workflows.page_spans import ALL_PAGES, Pages
from workflows.storable_text import clean_text

Cell = str | int | float | bool | None
"""None is an empty cell, also one that another cell spans."""
Row = list[Cell]


@dataclass(frozen=True)
class Wanted:
    """What is looked for, and how much at most: above the limits a document is refused, no part of it is given."""

    pages: Pages = ALL_PAGES
    sheets: tuple[str, ...] = ()
    min_rows: int = 2
    min_columns: int = 2
    unruled: bool = True
    allow_empty: bool = False
    max_pages: int = 2000
    max_cells: int = 1_000_000
    max_characters: int = 50_000_000


@dataclass(frozen=True)
class Table:
    """`place` says where it stands (`page`, `sheet`, `range`), `name` what the document calls it.

    `header_rows` is how many of the rows are headings, where the document says so, else None.
    """

    rows: list[Row]
    place: dict[str, str | int] = field(default_factory=dict)
    name: str | None = None
    header_rows: int | None = None

    def as_csv(self) -> str:
        """The rows as RFC 4180 has them, with `\\r\\n` at their ends; numbers and truth values as JSON writes them."""
        target = io.StringIO()
        csv.writer(target).writerows([_written(cell) for cell in row] for row in self.rows)
        return target.getvalue()


@dataclass
class Tables:
    """The tables of a document, as they are found."""

    wanted: Wanted
    found: list[Table] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _expected: int = 0
    _cells: int = 0
    _characters: int = 0

    def add(self, table: Table) -> None:
        """Take the table, if it is as large as wanted; its rows become equally long, and lose empty margins."""
        first, rows = _without_margins(table.rows)
        if len(rows) < self.wanted.min_rows or max(map(len, rows), default=0) < self.wanted.min_columns:
            return
        self.weigh(cells=len(rows) * max(map(len, rows)))
        header = None if table.header_rows is None else max(0, min(table.header_rows - first, len(rows)))
        self.found.append(Table(_rectangular(rows), table.place, table.name, header))

    def expect(self, cells: int) -> None:
        """Refuse more cells than may be kept while they are read; only some of them may end in a table."""
        self._expected += cells
        self._refuse_beyond_limits(self._expected)

    def weigh(self, cells: int = 0, characters: int = 0) -> None:
        """Refuse what no reader could want, before it is kept."""
        self._cells, self._characters = self._cells + cells, self._characters + characters
        self._refuse_beyond_limits(self._cells)

    def _refuse_beyond_limits(self, cells: int) -> None:
        if cells > self.wanted.max_cells:
            raise DocumentError(f"The document has more than {self.wanted.max_cells} cells in its tables")
        if self._characters > self.wanted.max_characters:
            raise DocumentError(f"The document has more than {self.wanted.max_characters} characters in its tables")


def text_cell(text: str) -> str | None:
    """A text as a cell: on one line, and None where there is nothing."""
    return " ".join(clean_text(text).split()) or None


def _without_margins(rows: Sequence[Sequence[Cell]]) -> tuple[int, list[Row]]:
    """How many empty rows were above, and what is within: no empty row or column at its edges."""
    full = [index for index, row in enumerate(rows) if not _is_empty(row)]
    if not full:
        return 0, []
    kept = rows[full[0] : full[-1] + 1]
    left = min(_first_full(row) for row in kept if not _is_empty(row))
    right = max(len(row) - _first_full(row[::-1]) for row in kept if not _is_empty(row))
    return full[0], [list(row[left:right]) for row in kept]


def _is_empty(row: Iterable[Cell]) -> bool:
    return all(cell is None for cell in row)


def _first_full(row: Sequence[Cell]) -> int:
    return next(index for index, cell in enumerate(row) if cell is not None)


def _rectangular(rows: list[Row]) -> list[Row]:
    width = max(map(len, rows))
    return [row + [None] * (width - len(row)) for row in rows]


def _written(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else str(cell)
