"""extract-text on a real document of every type."""

from __future__ import annotations

from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import parse_xml
from docx.shared import Inches

from examples import texts
from tests.workflows.running import extract, extract_bytes

Samples = dict[str, Path]


def test_a_pdf_is_read_page_by_page(samples: Samples) -> None:
    result = extract(samples["pdf"])
    pages = result.output["pages"]
    assert result.output["page_count"] == 3
    assert [page["number"] for page in pages] == [1, 2, 3]
    assert pages[1]["text"].startswith("Money\nThe city gave 310,000 euros")
    assert "café" in pages[1]["text"]


def test_a_hyphen_at_the_end_of_a_pdf_line_stays_a_hyphen(tmp_path: Path) -> None:
    from examples.pdf_pages import write_pdf

    write_pdf(tmp_path / "hyphen.pdf", [("One", ["x" * 70 + " bottle-green"])])
    text = extract(tmp_path / "hyphen.pdf").output["pages"][0]["text"]
    assert "bottle-" in text
    assert "\ufffe" not in text


def test_a_docx_keeps_paragraphs_and_rows(samples: Samples) -> None:
    result = extract(samples["docx"])
    text = result.output["pages"][0]["text"]
    assert text.splitlines()[1] == texts.MINUTES[0]
    assert "Ada\tWrite to the city\t1 June" in text
    assert result.output["title"] == "Minutes of the board"
    assert result.metadata["author"] == "Ada Brandt"


def test_a_docx_is_read_as_it_stands_after_its_tracked_changes(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Prices")
    paragraph = document.add_paragraph("The price is ")
    paragraph.paragraph_format.tab_stops.add_tab_stop(Inches(2))
    namespace = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    other = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    for xml in (
        f"<w:moveFrom {namespace}><w:r><w:t>moved </w:t></w:r></w:moveFrom>",
        f"<mc:AlternateContent {namespace} {other}><mc:Fallback><w:r><w:t>twice</w:t></w:r></mc:Fallback>"
        "</mc:AlternateContent>",
        f"<w:ins {namespace}><w:r><w:t>nine</w:t></w:r></w:ins>",
        f"<w:del {namespace}><w:r><w:delText>eight</w:delText></w:r></w:del>",
        f"<w:sdt {namespace}><w:sdtContent><w:r><w:tab/><w:t>euros</w:t></w:r></w:sdtContent></w:sdt>",
    ):
        paragraph._p.append(parse_xml(xml))
    document.save(str(tmp_path / "tracked.docx"))
    assert extract(tmp_path / "tracked.docx").text == "Prices\nThe price is nine\teuros"


def test_an_xlsx_is_read_sheet_by_sheet(samples: Samples) -> None:
    pages = extract(samples["xlsx"]).output["pages"]
    assert [page["name"] for page in pages] == ["Loans", "Members"]
    assert pages[0]["text"].splitlines()[1] == "January\t4100\t610"


def test_cells_are_shown_as_a_person_writes_them(tmp_path: Path) -> None:
    from datetime import date, datetime, time

    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.append([1.0, 2.5, True, None, date(2026, 3, 1), datetime(2026, 3, 1, 9, 30), time(8, 15), "x"])
    sheet.append([])
    sheet.append([None, "last"])
    workbook.save(tmp_path / "cells.xlsx")
    expected = "1\t2.5\tTRUE\t\t2026-03-01\t2026-03-01 09:30:00\t08:15:00\tx\n\tlast"
    assert extract(tmp_path / "cells.xlsx").output["pages"][0]["text"] == expected


def test_a_pptx_is_read_slide_by_slide_with_its_notes(samples: Samples) -> None:
    pages = extract(samples["pptx"]).output["pages"]
    assert [page["name"] for page in pages] == [title for title, _ in texts.PAGES]
    assert pages[2]["text"].startswith("Plans\nNext year the library will lend musical instruments")
    assert pages[2]["text"].endswith("\n\nSay more about: Plans")


def test_slides_come_in_the_order_of_the_show(samples: Samples, tmp_path: Path) -> None:
    show = pptx.Presentation(str(samples["pptx"]))
    listed = show.slides._sldIdLst
    listed.insert(0, listed[2])
    show.save(str(tmp_path / "moved.pptx"))
    assert extract(tmp_path / "moved.pptx").output["pages"][0]["name"] == "Plans"


def test_html_is_read_as_a_person_sees_it(samples: Samples) -> None:
    result = extract(samples["html"])
    assert result.output["pages"][0]["text"].splitlines() == [
        "Opening hours",
        "The library is open from Tuesday to Saturday, ten to six.",
        "The reading room closes at five.",
        "The café opens at nine.",
    ]
    assert result.output["title"] == "Opening hours"


def test_html_keeps_the_lines_of_preformatted_text_and_the_cells_of_tables(tmp_path: Path) -> None:
    page = b"<p>Some\n  text<pre>if a:\n    b()\n</pre><table><tr><th>Who<th>What<tr><td>Ada<td>writes</table>"
    assert extract_bytes(tmp_path, b"<html>" + page).text == "Some text\nif a:\n    b()\nWho\tWhat\nAda\twrites"


def test_html_that_closes_nothing_loses_nothing(tmp_path: Path) -> None:
    page = b"<html><title>One</title><svg><title>Two</title><text>Three<p>Four<select><option>Five"
    result = extract_bytes(tmp_path, page)
    assert result.output["title"] == "One"
    assert (result.text or "").split() == ["Two", "Three", "Four", "Five"]


@pytest.mark.parametrize(("kind", "media_type"), [("md", "text/markdown"), ("csv", "text/csv"), ("txt", "text/plain")])
def test_text_formats_are_given_as_they_are(samples: Samples, kind: str, media_type: str) -> None:
    result = extract(samples[kind])
    assert result.output["media_type"] == media_type
    assert result.output["pages"][0]["text"] == samples[kind].read_text().strip("\n")


def test_counts_are_those_of_the_pages(samples: Samples) -> None:
    output = extract(samples["pdf"]).output
    pages = [page["text"] for page in output["pages"]]
    assert output["character_count"] == sum(map(len, pages))
    assert output["word_count"] == sum(len(page.split()) for page in pages)


def test_the_language_is_told_from_the_text(tmp_path: Path) -> None:
    german = "Die Bücherei am Hafen ist von Dienstag bis Samstag geöffnet, der Lesesaal schließt um fünf Uhr."
    assert extract_bytes(tmp_path, german.encode()).output["language"] == "de"


def test_a_text_too_short_to_tell_has_the_language_that_it_claims_or_none(tmp_path: Path) -> None:
    assert extract_bytes(tmp_path, b"12 34 ok").output["language"] is None
    assert extract_bytes(tmp_path, b"<html lang=nl><p>12 34 ok").output["language"] == "nl"


def test_the_whole_text_is_in_the_output_only_where_it_is_asked_for(samples: Samples) -> None:
    assert "text" not in extract(samples["txt"]).output
    full = extract(samples["txt"], full_text="true")
    assert full.output["text"] == full.text


def test_metrics_are_seconds_per_step(samples: Samples) -> None:
    assert set(extract(samples["pdf"]).metrics["seconds"]) == {"extract", "detect_language"}
