"""document-info on a real document of every type."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
import pypdfium2 as pdfium
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from pptx.util import Inches

from examples import texts
from tests.workflows.remade import pdf, remade
from tests.workflows.running import run_on
from tests.workflows.sealed import owner_locked_pdf
from tests.workflows.test_refused_documents import LOCKED_OFFICE, LOCKED_PDF
from workflows.document_info import document_info
from workflows.pdf.dates import iso_date

Samples = dict[str, Path]
SIGNED = pdf(
    "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 3 >> >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Annots [4 0 R] >>",
    "<< /FT /Sig /T (Board) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /V 5 0 R >>",
    "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /Contents <00> /ByteRange [0 1 2 3] "
    "/M (D:20260301093000+01'00') /Reason (Approved) >>",
    "<< /Title (Lending) /Author <FEFF00D6007A0074> /CreationDate (D:2026) >>",
    trailer="/Info 6 0 R",
)


def info(path: Path, name: str | None = None, **options: Any) -> dict[str, Any]:
    return run_on(document_info, path, name, options).output


def info_of(folder: Path, data: bytes, **options: Any) -> dict[str, Any]:
    (folder / "document").write_bytes(data)
    return info(folder / "document", **options)


def test_a_pdf_tells_its_pages_and_fonts(samples: Samples) -> None:
    found = info(samples["pdf"])
    assert (found["media_type"], found["size"]) == ("application/pdf", samples["pdf"].stat().st_size)
    assert found["sha256"] == hashlib.sha256(samples["pdf"].read_bytes()).hexdigest()
    assert (found["page_count"], found["page_sizes"]) == (3, [{"width": 595.0, "height": 842.0, "page_count": 3}])
    assert found["fonts"] == [{"name": "Helvetica", "embedded": False, "page_count": 3}]
    assert found["properties"]["application"] == "PDFium"
    assert (found["encrypted"], found["signed"], found["form"], found["javascript_count"]) == (False, False, None, 0)
    assert all(found["permissions"].values())


def test_page_sizes_are_those_that_a_reader_sees(samples: Samples, tmp_path: Path) -> None:
    with pdfium.PdfDocument(samples["pdf"]) as document:
        document[1].set_rotation(90)
        document.save(tmp_path / "turned.pdf")
    assert info(tmp_path / "turned.pdf")["page_sizes"] == [
        {"width": 595.0, "height": 842.0, "page_count": 2},
        {"width": 842.0, "height": 595.0, "page_count": 1},
    ]


def test_a_pdf_tells_what_is_attached_to_it(samples: Samples, tmp_path: Path) -> None:
    with pdfium.PdfDocument(samples["pdf"]) as document:
        document.new_attachment("Mitglieder.csv").set_data(b"Ada,1\n" * 1000)
        document.save(tmp_path / "attached.pdf")
    assert info(tmp_path / "attached.pdf")["embedded_files"] == [
        {"name": "Mitglieder.csv", "media_type": None, "size": 6000}
    ]


def test_a_pdf_tells_its_signatures_and_its_properties(tmp_path: Path) -> None:
    found = info_of(tmp_path, SIGNED)
    assert found["signed"]
    assert found["signatures"] == [
        {"kind": "adbe.pkcs7.detached", "time": "2026-03-01T09:30:00+01:00", "reason": "Approved"}
    ]
    assert found["form"] == "AcroForm"
    assert found["properties"] == {"title": "Lending", "author": "Özt", "created": "2026-01-01T00:00:00"}


def test_a_pdf_that_anyone_may_read_tells_what_nobody_may_do(tmp_path: Path) -> None:
    found = info_of(tmp_path, owner_locked_pdf(print_=True, copy=False))
    assert found["encrypted"]
    assert (found["permissions"]["print"], found["permissions"]["copy"]) == (True, False)
    assert found["page_count"] == 1


@pytest.mark.parametrize("data", [LOCKED_PDF, LOCKED_OFFICE], ids=["pdf", "office"])
def test_of_a_document_behind_a_password_that_is_what_can_be_told(tmp_path: Path, data: bytes) -> None:
    found = info_of(tmp_path, data)
    assert (found["encrypted"], found["locked"]) == (True, True)


def test_fonts_are_looked_for_on_the_first_pages_only(samples: Samples, tmp_path: Path) -> None:
    result = run_on(document_info, samples["pdf"], options={"font_pages": 2})
    assert result.output["fonts"][0]["page_count"] == 2
    assert result.metadata["warnings"] == ["Only the first 2 of 3 pages were looked at for fonts"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("D:20260131093000Z", "2026-01-31T09:30:00+00:00"),
        ("D:20260131093000-05'30'", "2026-01-31T09:30:00-05:30"),
        ("20260131", "2026-01-31T00:00:00"),
        ("D:20261331", "D:20261331"),
        ("last spring", "last spring"),
        ("D:20260131093000+99'99'", "D:20260131093000+99'99'"),
        ("", None),
    ],
)
def test_dates_are_given_in_iso_8601_where_they_are_dates(written: str, expected: str | None) -> None:
    assert iso_date(written) == expected


def test_a_docx_tells_properties_references_macros_and_signatures(samples: Samples, tmp_path: Path) -> None:
    plain = info(samples["docx"])
    assert (plain["properties"]["title"], plain["properties"]["author"]) == ("Minutes of the board", "Ada Brandt")
    assert (plain["macros"], plain["signed"], plain["external_references"]) == (False, False, {})
    document = docx.Document(str(samples["docx"]))
    document.part.relate_to("https://example.org/", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    document.add_picture(io.BytesIO(PNG))
    document.save(str(tmp_path / "linked.docx"))
    parts = {"word/vbaProject.bin": b"macro", "_xmlsignatures/sig1.xml": b"<Signature/>"}
    found = info(remade(tmp_path / "linked.docx", tmp_path / "evil.docx", parts))
    assert (found["macros"], found["signed"], found["signature_count"]) == (True, True, 1)
    assert (found["external_references"], found["media_count"]) == ({"hyperlink": 1}, 1)


def test_an_xlsx_tells_its_sheets_also_those_that_are_hidden(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.create_sheet("Secret").sheet_state = "veryHidden"
    workbook.save(tmp_path / "hidden.xlsx")
    assert info(tmp_path / "hidden.xlsx")["sheets"] == [
        {"name": "Sheet", "state": "visible"},
        {"name": "Secret", "state": "veryHidden"},
    ]


def test_a_pptx_tells_its_slides_and_what_is_embedded_in_them(samples: Samples, tmp_path: Path) -> None:
    show = pptx.Presentation(str(samples["pptx"]))
    place = (Inches(1), Inches(1), Inches(2), Inches(2))
    show.slides[0].shapes.add_ole_object(str(samples["xlsx"]), "Excel.Sheet.12", *place)
    show.save(str(tmp_path / "embedding.pptx"))
    found = info(tmp_path / "embedding.pptx")
    assert (found["slide_count"], found["properties"]["title"]) == (len(texts.PAGES), texts.TITLE)
    assert [file["size"] for file in found["embedded_files"]] == [samples["xlsx"].stat().st_size]


def test_html_tells_what_is_in_its_head_and_counts_the_rest(tmp_path: Path) -> None:
    page = b"""<html lang=nl><head><title>Two  words</title><meta name=Author content=Ada><meta property="og:type"
    content="article"><link rel=canonical href="https://example.org/"></head><body><h1>One</h1><a href=x>two</a>
    <a name=y></a><img src=z><script>3</script><table></table></body></html>"""
    found = info_of(tmp_path, page)
    assert found["properties"] == {"title": "Two words", "language": "nl", "author": "Ada"}
    assert found["meta"] == {"author": "Ada", "og:type": "article"}
    assert found["canonical"] == "https://example.org/"
    counted = ("link_count", "image_count", "script_count", "heading_count", "table_count", "form_count", "word_count")
    assert [found[name] for name in counted] == [1, 1, 1, 1, 1, 0, 2]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"One two\r\nthree", {"encoding": "utf-8", "line_ends": "crlf", "line_count": 2, "word_count": 3}),
        (b"\xef\xbb\xbfa\nb\r\n", {"encoding": "utf-8", "byte_order_mark": True, "line_ends": "mixed"}),
        ("Bücher für alle Leute".encode("utf-16"), {"encoding": "utf-16-le", "line_ends": None, "longest_line": 21}),
    ],
)
def test_a_text_tells_its_encoding_and_counts(tmp_path: Path, data: bytes, expected: dict[str, Any]) -> None:
    found = info_of(tmp_path, data)
    assert {name: found[name] for name in expected} == expected


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c6360000000020001e221bc33"
    "0000000049454e44ae426082"
)
"""A picture of one point."""
