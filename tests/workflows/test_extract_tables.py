"""extract-tables on a real document of every type."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import OxmlElement
from openpyxl.worksheet.table import Table
from pptx.util import Inches

from examples import texts
from tests.workflows.running import run_on
from workflows import DocumentError, InvalidOptions
from workflows.extract_tables import extract_tables

Samples = dict[str, Path]


def tables_of(path: Path, name: str | None = None, **options: Any) -> list[dict[str, Any]]:
    output = run_on(extract_tables, path, name, options).output
    found: list[dict[str, Any]] = output["tables"]
    assert output["table_count"] == len(found)
    return found


def tables_in(folder: Path, data: bytes, name: str = "document", **options: Any) -> list[dict[str, Any]]:
    (folder / "document").write_bytes(data)
    return tables_of(folder / "document", name, **options)


def rows_in(folder: Path, data: bytes, name: str = "document") -> list[Any]:
    """The rows of the only table."""
    (found,) = tables_in(folder, data, name)
    return found["rows"]  # type: ignore[no-any-return]


def as_text(rows: list[texts.Row]) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in rows]


def test_a_pdf_gives_tables_with_and_without_lines_and_their_captions(tables: Samples) -> None:
    ruled, unruled = tables_of(tables["pdf"])
    assert ruled["rows"] == as_text(texts.LOANS)
    assert (ruled["number"], ruled["page"], ruled["name"]) == (1, 1, "Table 1: Loans")
    assert (ruled["row_count"], ruled["column_count"], ruled["header_rows"]) == (4, 3, None)
    assert unruled["rows"] == as_text(texts.INSTRUMENTS)
    assert (unruled["number"], unruled["page"], unruled["name"]) == (2, 2, "Table 2: Instruments")


def test_tables_without_lines_are_left_out_where_that_is_asked_for(tables: Samples) -> None:
    assert [table["page"] for table in tables_of(tables["pdf"], unruled="false")] == [1]


@pytest.mark.parametrize(("pages", "expected"), [("2", [2]), ("1-2", [1, 2]), (" 1 , 2-9", [1, 2]), ("", [1, 2])])
def test_only_the_pages_that_are_asked_for_are_looked_at(tables: Samples, pages: str, expected: list[int]) -> None:
    assert [table["page"] for table in tables_of(tables["pdf"], pages=pages)] == expected


def test_pages_that_there_are_not_are_refused(tables: Samples) -> None:
    with pytest.raises(DocumentError, match="none of the pages that were asked for; it has 2"):
        tables_of(tables["pdf"], pages="7-9")
    with pytest.raises(InvalidOptions, match=r"option 'pages' of extract-tables: .*numbers and spans of them"):
        tables_of(tables["pdf"], pages="first")


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_table_is_read_in_the_direction_of_its_text_however_the_page_is_turned(
    tables: Samples, tmp_path: Path, rotation: int
) -> None:
    import pypdfium2 as pdfium

    with pdfium.PdfDocument(tables["pdf"]) as document:
        for page in document:
            page.set_rotation(rotation)
        document.save(tmp_path / "turned.pdf")
    assert [table["rows"] for table in tables_of(tmp_path / "turned.pdf")] == [
        as_text(texts.LOANS),
        as_text(texts.INSTRUMENTS),
    ]


def test_text_is_no_table(samples: Samples) -> None:
    assert tables_of(samples["pdf"]) == []
    assert tables_of(samples["html"]) == []
    assert tables_of(samples["pptx"]) == []


def test_an_xlsx_keeps_numbers_truth_values_and_dates(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["Text", 1, 2.5, True, date(2026, 3, 1), datetime(2026, 3, 1, 9, 30), time(8, 15)])
    sheet.append(["a\nb", None, 3, False])
    workbook.save(tmp_path / "cells.xlsx")
    (found,) = tables_of(tmp_path / "cells.xlsx")
    assert found["rows"] == [
        ["Text", 1, 2.5, True, "2026-03-01", "2026-03-01T09:30:00", "08:15:00"],
        ["a b", None, 3, False, None, None, None],
    ]


def test_an_xlsx_gives_what_stands_together_by_sheet(samples: Samples) -> None:
    loans, members = tables_of(samples["xlsx"])
    assert (loans["sheet"], loans["range"], loans["rows"]) == ("Loans", "A1:C4", [list(row) for row in texts.LOANS])
    assert (members["sheet"], members["range"]) == ("Members", "A1:B3")
    assert [table["sheet"] for table in tables_of(samples["xlsx"], sheets="Members")] == ["Members"]
    with pytest.raises(DocumentError, match="has no sheet 'Staff'; its sheets: Loans, Members"):
        tables_of(samples["xlsx"], sheets="Loans, Staff")


def test_an_xlsx_says_the_names_and_headings_of_its_tables(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    for row in (
        ["Prices of 2026"],
        [],
        ["Title", "Price"],
        ["A", 1],
        ["B", 2],
        ["see", "below"],
        [],
        [None, 5, 6],
        [None, 7, 8],
    ):
        sheet.append(row)
    sheet.add_table(Table(displayName="Prices", ref="A3:B5"))
    workbook.save(tmp_path / "named.xlsx")
    prices, rest, last = tables_of(tmp_path / "named.xlsx", min_rows=1)
    assert (prices["name"], prices["header_rows"], prices["range"]) == ("Prices", 1, "A3:B5")
    assert prices["rows"] == [["Title", "Price"], ["A", 1], ["B", 2]]
    assert (rest["name"], rest["header_rows"], rest["rows"]) == (None, None, [["see", "below"]])
    assert (last["range"], last["rows"]) == ("B8:C9", [[5, 6], [7, 8]])


def test_html_gives_captions_and_headings(tables: Samples) -> None:
    (found,) = tables_of(tables["html"])
    assert (found["name"], found["header_rows"], found["rows"]) == ("Loans", 1, as_text(texts.LOANS))


def test_html_cells_that_span_several_stand_in_the_first_one(tmp_path: Path) -> None:
    page = b"<table><tr><th rowspan=2>Month<th colspan=2>Lent<tr><th>Books<th>Films<tr><td>May<td>1<br>2<td>3</table>"
    (found,) = tables_in(tmp_path, b"<html>" + page)
    assert found["header_rows"] == 2
    assert found["rows"] == [["Month", "Lent", None], [None, "Books", "Films"], ["May", "1 2", "3"]]


def test_html_tables_within_tables_come_apart(tmp_path: Path) -> None:
    inner = b"<table><tr><td>a<td>b<tr><td>c<td>d</table>"
    outer = b"<html><table><tr><td>1<td>2<tr><td>3 " + inner + b" 4<td>5</table><p>a<table><tr><td>alone</table>"
    first, second = tables_in(tmp_path, outer)
    assert first["rows"] == [["1", "2"], ["3 4", "5"]]
    assert second["rows"] == [["a", "b"], ["c", "d"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_is_one_table_whatever_parts_its_fields(tmp_path: Path, delimiter: str) -> None:
    text = '"a, b"|"c, ""d"""\n1|\n2|3\n'.replace("|", delimiter)
    assert rows_in(tmp_path, text.encode(), "x.csv") == [["a, b", 'c, "d"'], ["1", None], ["2", "3"]]


def test_a_docx_gives_its_tables_and_which_rows_are_headings(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(3, 3)
    for row, texts_ in zip(table.rows, ["Who What When", "Ada writes daily", "Lena reads"], strict=True):
        for cell, text in zip(row.cells, texts_.split(), strict=False):
            cell.text = text
    table.cell(2, 1).merge(table.cell(2, 2))
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    document.save(str(tmp_path / "table.docx"))
    (found,) = tables_of(tmp_path / "table.docx")
    assert found["header_rows"] == 1
    assert found["rows"] == [["Who", "What", "When"], ["Ada", "writes", "daily"], ["Lena", "reads", None]]


def test_a_pptx_gives_the_tables_of_each_slide(tmp_path: Path) -> None:
    show = pptx.Presentation()
    show.slides.add_slide(show.slide_layouts[5])
    slide = show.slides.add_slide(show.slide_layouts[5])
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(5), Inches(2)).table
    for index, text in enumerate("abcd"):
        table.cell(index // 2, index % 2).text = text
    show.save(str(tmp_path / "table.pptx"))
    (found,) = tables_of(tmp_path / "table.pptx")
    assert (found["slide"], found["header_rows"], found["rows"]) == (2, 1, [["a", "b"], ["c", "d"]])


def test_tables_can_be_had_as_csv(samples: Samples) -> None:
    loans, _ = tables_of(samples["xlsx"], format="csv")
    assert loans["csv"] == "Month,Books,Films\r\nJanuary,4100,610\r\nFebruary,3890,580\r\nMarch,1720,240\r\n"
    assert "rows" not in loans


def test_what_is_too_small_for_a_table_is_left_out(samples: Samples) -> None:
    assert [table["sheet"] for table in tables_of(samples["xlsx"], min_rows=4)] == ["Loans"]
    assert [table["sheet"] for table in tables_of(samples["xlsx"], min_columns=3)] == ["Loans"]


def test_a_text_that_is_not_called_csv_is_none(samples: Samples) -> None:
    with pytest.raises(
        DocumentError, match="This is a plain text; extract-tables takes PDF, XLSX, DOCX, PPTX, HTML, CSV"
    ):
        tables_of(samples["txt"])
