"""What an XLSX says about its tables (ECMA-376-1, 18.5): their names, where they stand, how many rows are headings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openpyxl.utils.cell import range_boundaries

from workflows.errors import DocumentError
from workflows.extraction.office import Package


@dataclass(frozen=True)
class DeclaredTable:
    """Its edges are numbers of columns and rows from 1, all within it."""

    name: str
    reference: str
    left: int
    top: int
    right: int
    bottom: int
    header_rows: int


def declared_tables(package: Package) -> dict[str, list[DeclaredTable]]:
    """By the title of the sheet."""
    main = package.main()
    parts = {name: target for name, kind, target in package.relations(main) if kind == "worksheet"}
    sheets = package.tree(main).iterfind("./{*}sheets/{*}sheet")
    return {
        sheet.get("name", ""): [_declared(package.tree(part)) for part in package.related("table", parts[relation])]
        for sheet in sheets
        for relation in _relations(sheet)
        if relation in parts
    }


def _relations(sheet: Any) -> Iterator[str]:
    return (value for name, value in sheet.attrib.items() if name.endswith("}id"))


def _declared(table: Any) -> DeclaredTable:
    reference = table.get("ref", "")
    left, top, right, bottom = range_boundaries(reference)
    if not (left and top and right and bottom):
        raise DocumentError(f"The XLSX is damaged: {reference!r} is no place for a table")
    name = table.get("displayName") or table.get("name") or ""
    return DeclaredTable(name, reference, left, top, right, bottom, int(table.get("headerRowCount", "1")))
