"""Documents that were made to hurt: refused in a moment, or read at no more cost than others."""

from __future__ import annotations

import struct
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.workflows.cheap import cheap
from tests.workflows.remade import part, pdf, remade
from tests.workflows.running import extract, extract_bytes
from workflows import DocumentError
from workflows.extraction.content import Limits
from workflows.extraction.pdf import read as read_pdf
from workflows.extraction.plain import read as read_plain

Samples = dict[str, Path]
TEXT_OF = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/slides/slide1.xml"}
CATALOGUE = "<< /Type /Catalog /Pages 2 0 R >>"
PAGE = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] >>"
LAUGHS = b"<!DOCTYPE x [" + b"".join(
    b'<!ENTITY l%d "%s">' % (level, (b"&l%d;" % (level - 1)) * 10 if level else b"lol") for level in range(10)
)


@pytest.mark.parametrize("kind", TEXT_OF)
@pytest.mark.parametrize(
    "dtd", [LAUGHS + b"]>", b'<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/hostname">]>'], ids=["laughs", "external"]
)
def test_entities_are_neither_expanded_nor_fetched(samples: Samples, tmp_path: Path, kind: str, dtd: bytes) -> None:
    name = TEXT_OF[kind]
    xml = part(samples[kind], name)
    at = xml.index(b"?>") + 2 if xml.startswith(b"<?xml") else 0
    evil = remade(samples[kind], tmp_path / "evil", {name: xml[:at] + dtd + xml[at:].replace(b"</", b"&l9;</", 1)})
    with pytest.raises(DocumentError, match="declares XML entities"):
        extract(evil)


@pytest.mark.parametrize("kind", TEXT_OF)
def test_a_zip_bomb_is_never_unpacked(samples: Samples, tmp_path: Path, kind: str) -> None:
    evil = remade(samples[kind], tmp_path / "evil", {TEXT_OF[kind]: b"<x>" + b" " * 40_000_000})
    with cheap(), pytest.raises(DocumentError, match="unpacks to 38 MiB"):
        extract(evil)


def test_a_bomb_that_lies_about_its_size_is_not_unpacked_either(samples: Samples, tmp_path: Path) -> None:
    evil = remade(samples["docx"], tmp_path / "evil", {"word/document.xml": b"<x>" + b" " * 40_000_000})
    data = evil.read_bytes().replace(struct.pack("<L", 40_000_003), struct.pack("<L", 1000))
    with cheap(), pytest.raises(DocumentError, match="cannot be unpacked"):
        extract_bytes(tmp_path, data)


def test_an_archive_of_a_million_names_is_refused_unread(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "names", "w") as archive:
        for number in range(60_000):
            archive.writestr(f"word/{number:060}.xml", b"")
    with cheap(), pytest.raises(DocumentError, match="too many parts"):
        extract(tmp_path / "names")


def test_a_sheet_with_a_value_in_its_last_cell_is_no_table_of_17_thousand_million_cells(
    samples: Samples, tmp_path: Path
) -> None:
    name = "xl/worksheets/sheet1.xml"
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    evil = remade(samples["xlsx"], tmp_path / "far", {name: part(samples["xlsx"], name).replace(b"</sheetData>", far)})
    with cheap():
        text = extract(evil).output["pages"][0]["text"]
    assert text.startswith("Month\tBooks")
    assert text.endswith("\t1")


def test_a_pdf_of_very_many_pages_is_refused_before_they_are_read(tmp_path: Path) -> None:
    data = pdf(CATALOGUE, f"<< /Type /Pages /Kids [{'3 0 R ' * 100_000}] /Count 100000 >>", PAGE)
    with cheap(), pytest.raises(DocumentError, match="more than 2000 pages"):
        extract_bytes(tmp_path, data)


@pytest.mark.parametrize("kids", ["2 0 R", "4 0 R", "3 0 R 2 0 R"])
def test_a_page_tree_that_bites_its_tail_is_refused(tmp_path: Path, kids: str) -> None:
    loop = "<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 4 0 R] /Count 4 >>"
    data = pdf(CATALOGUE, f"<< /Type /Pages /Kids [{kids}] /Count 4 >>", PAGE, loop)
    with cheap(), pytest.raises(DocumentError):
        extract_bytes(tmp_path, data)


@pytest.mark.parametrize(
    "data",
    [
        b"<div>" * 2_000_000 + b"text",
        b"<table><tr><td>" * 300_000 + b"text",
        b"<p " + b"a=b " * 1_000_000 + b">text",
        b"<p>" + b"&" * 1_000_000 + b"text",
        b"<p>text" + b"<!--" * 1_000_000,
        b"<p>text" + b"<" * 1_000_000,
    ],
    ids=["depth", "tables", "attributes", "ampersands", "comments", "brackets"],
)
def test_html_costs_what_it_weighs(tmp_path: Path, data: bytes) -> None:
    with cheap(seconds=10):
        assert "text" in (extract_bytes(tmp_path, b"<html><body>" + data).text or "")


def test_xml_that_is_nested_too_deeply_is_refused(samples: Samples, tmp_path: Path) -> None:
    deep = b'<w:document xmlns:w="w"><w:body>' + b"<w:tbl><w:tr><w:tc>" * 100_000
    with cheap(), pytest.raises(DocumentError, match="The DOCX is damaged"):
        extract(remade(samples["docx"], tmp_path / "deep", {"word/document.xml": deep}))


def test_a_csv_field_may_be_as_large_as_the_file(tmp_path: Path) -> None:
    with cheap():
        assert len(extract_bytes(tmp_path, b'a,b\n"' + b"x" * 5_000_000 + b'",1\n', "big.csv").text or "") > 5_000_000


def test_one_text_that_is_told_again_on_every_page_is_weighed_each_time(tmp_path: Path) -> None:
    words = f"BT /F 9 Tf 10 10 Td ({'word ' * 200}) Tj ET"
    stream = f"<< /Length {len(words)} >>\nstream\n{words}\nendstream"
    page = PAGE[:-3] + " /Contents 4 0 R /Resources << /Font << /F << /Type /Font /Subtype /Type1 "
    page += "/BaseFont /Helvetica >> >> >> >>"
    data = pdf(CATALOGUE, f"<< /Type /Pages /Kids [{'3 0 R ' * 20}] /Count 20 >>", page, stream)
    (tmp_path / "again").write_bytes(data)
    with pytest.raises(DocumentError, match="more than 9000 characters of text"):
        read_pdf(tmp_path / "again", Limits(pages=20, characters=9000))
    assert len(read_pdf(tmp_path / "again", Limits(pages=20, characters=30_000)).pages) == 20


def test_a_text_that_is_far_too_long_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "long").open("wb") as sparse:
        sparse.write(b"text\n")
        sparse.truncate(300_000_000)
    with cheap(), pytest.raises(DocumentError, match="more than 50000000 characters"):
        read_plain(tmp_path / "long", Limits(pages=1))


def test_no_path_in_an_archive_leads_out_of_it(samples: Samples, tmp_path: Path) -> None:
    rels = part(samples["docx"], "_rels/.rels").replace(b"word/document.xml", b"../../../../etc/passwd")
    with pytest.raises(DocumentError, match=r"its part etc/passwd is missing"):
        extract(remade(samples["docx"], tmp_path / "evil", {"_rels/.rels": rels}))
