"""Tables of an XLSX: those that its author has made tables of, then what else stands together, by sheet."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import groupby
from pathlib import Path
from typing import Any

from openpyxl.utils.cell import get_column_letter

from workflows.errors import DocumentError
from workflows.extraction.content import reading
from workflows.extraction.office import Package
from workflows.extraction.spreadsheet import opened
from workflows.tables.declared import DeclaredTable, declared_tables
from workflows.tables.table import Cell, Row, Table, Tables, Wanted, text_cell

Sheet = dict[int, Row]
"""Rows by number, from 1; those without any value are left out."""


def read(path: Path, wanted: Wanted) -> Tables:
    """The tables of the sheets that are wanted, with the values as they were last computed."""
    tables = Tables(wanted)
    with reading("XLSX"):
        package = Package(path)
        declared = declared_tables(package)
        with opened(package) as workbook:
            for sheet in _wanted(workbook.worksheets, wanted.sheets):
                sheet.reset_dimensions()  # they are only claimed
                rows = _rows(sheet, tables)
                for known in declared.get(sheet.title, ()):
                    tables.add(_cut_out(rows, known, sheet.title))
                for table in _regions(rows, sheet.title):
                    tables.add(table)
    return tables


def _wanted(sheets: list[Any], names: tuple[str, ...]) -> list[Any]:
    titles = [sheet.title for sheet in sheets]
    missing = [name for name in names if name not in titles]
    if missing:
        raise DocumentError(f"The document has no sheet {missing[0]!r}; its sheets: {', '.join(titles)}")
    return [sheet for sheet in sheets if not names or sheet.title in names]


def _rows(sheet: Any, tables: Tables) -> Sheet:
    rows: Sheet = {}
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        row = _trimmed([_cell(value) for value in values])
        if row:
            tables.expect(cells=len(row))
            tables.weigh(characters=sum(len(cell) for cell in row if isinstance(cell, str)))
            rows[number] = row
    return rows


def _cut_out(rows: Sheet, table: DeclaredTable, sheet: str) -> Table:
    """The cells of a table that is declared; they are no part of what else stands there."""
    cut: list[Row] = []
    for number in range(table.top, min(table.bottom, max(rows, default=0)) + 1):
        row = rows.get(number, [])
        cut.append(row[table.left - 1 : table.right])
        row[table.left - 1 : table.right] = [None] * len(cut[-1])
    return Table(cut, {"sheet": sheet, "range": table.reference}, table.name, table.header_rows)


def _regions(rows: Sheet, sheet: str) -> Iterator[Table]:
    """What stands together, as Excel's "current region" has it: an empty row parts one from the next."""
    full = ((number, trimmed) for number, row in rows.items() if (trimmed := _trimmed(row)))
    for _, together in groupby(enumerate(full), key=lambda place: place[1][0] - place[0]):  # the same without a gap
        region = dict(row for _, row in together)
        yield Table(list(region.values()), {"sheet": sheet, "range": _reference(region)})


def _reference(region: Sheet) -> str:
    left = 1 + min(next(index for index, cell in enumerate(row) if cell is not None) for row in region.values())
    right = max(len(row) for row in region.values())
    return f"{get_column_letter(left)}{min(region)}:{get_column_letter(right)}{max(region)}"


def _trimmed(row: Row) -> Row:
    while row and row[-1] is None:
        row.pop()
    return row


def _cell(value: Any) -> Cell:
    """JSON has numbers and truth values; dates and times become ISO 8601."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == time() else value.isoformat()
    return value.isoformat() if isinstance(value, date | time) else text_cell(str(value))
