"""Tables of DOCX and PPTX, from their XML, in which both say a table in nearly the same words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workflows.extraction.content import reading
from workflows.extraction.office import Package, local
from workflows.extraction.office_text import text_of
from workflows.extraction.slides import slides_of
from workflows.tables.table import Row, Table, Tables, Wanted, text_cell

OFF = {"0", "false", "off"}


def read(path: Path, wanted: Wanted) -> Tables:
    """The tables of the body of a DOCX, or of each slide of a PPTX; one within a cell comes after the one around it."""
    tables = Tables(wanted)
    with reading("document"):
        package = Package(path)
        for part, place in _parts(package):
            for table in package.tree(part).iter("{*}tbl"):
                rows = [_row(row, tables) for row in _children(table, "tr")]
                tables.add(Table(rows, place, None, _header_rows(table)))
    return tables


def _parts(package: Package) -> Iterator[tuple[str, dict[str, str | int]]]:
    main = package.main()
    if not package.related("slide", main):
        yield main, {}
    for number, slide in enumerate(slides_of(package), 1):
        yield slide, {"slide": number}


def _row(row: Any, tables: Tables) -> Row:
    cells: Row = []
    for cell in _children(row, "tc"):
        text = text_of(cell)
        tables.weigh(characters=len(text))
        width = min(_span(cell), tables.wanted.max_cells)
        tables.expect(cells=width)
        cells += [text_cell(text), *[None] * (width - 1)]
    return cells


def _span(cell: Any) -> int:
    """How many columns it takes. In a PPTX the cells that are spanned follow, and are empty."""
    said = next((mark.get(name) for mark in cell.iterfind("./{*}tcPr/{*}gridSpan") for name in mark.attrib), "1")
    return max(int(said or 1), 1)


def _header_rows(table: Any) -> int | None:
    """How many rows are headings, if it says so: a DOCX of each row, a PPTX of the first one."""
    if any(mark.get("firstRow", "0") not in OFF for mark in table.iterfind("./{*}tblPr") if "firstRow" in mark.attrib):
        return 1
    count = 0
    for row in _children(table, "tr"):
        if not any(_is_on(mark) for mark in row.iterfind("./{*}trPr/{*}tblHeader")):
            break
        count += 1
    return count or None


def _is_on(mark: Any) -> bool:
    return not any(value in OFF for value in mark.attrib.values())


def _children(element: Any, name: str) -> Iterator[Any]:
    """Also those within content controls and tracked insertions."""
    for child in element:
        if local(child) == name:
            yield child
        elif local(child) in ("sdt", "sdtContent", "ins", "customXml"):
            yield from _children(child, name)
