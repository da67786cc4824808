"""Documents that cannot be read are refused in words for the person who sent them."""

from __future__ import annotations

import gzip
from pathlib import Path
from zipfile import ZipFile

import pypdfium2 as pdfium
import pytest

from tests.workflows.remade import part, pdf, remade
from tests.workflows.running import extract, extract_bytes
from workflows import DocumentError

Samples = dict[str, Path]
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
LOCKED_OFFICE = OLE + "EncryptionInfo".encode("utf-16-le") + bytes(99) + "EncryptedPackage".encode("utf-16-le")
EMPTY_PAGE = ("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
SCAN = pdf(*EMPTY_PAGE, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] >>")
LOCK = f"<< /Filter /Standard /V 1 /R 2 /P -4 /O <{'ab' * 32}> /U <{'cd' * 32}> >>"
LOCKED_PDF = pdf(
    *EMPTY_PAGE,
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] >>",
    LOCK,
    trailer=f"/Encrypt 4 0 R /ID [<{'ef' * 16}> <{'ef' * 16}>]",
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The document is empty: it has no bytes"),
        (PNG, "This is an image/png; extract-text takes PDF, DOCX, XLSX, PPTX, HTML, plain text"),
        (gzip.compress(b"a" * 99, mtime=0), "This is an application/x-gzip; extract-text takes PDF"),
        (bytes(range(256)) * 9, "This is a file of an unknown type"),
        (OLE, r"Old Office files \(.doc, .xls, .ppt\) must be saved as .docx, .xlsx or .pptx"),
        (LOCKED_OFFICE, "It is protected with a password"),
        (LOCKED_PDF, "The PDF is protected with a password"),
        (b"%PDF-1.7\nnothing\n%%EOF", "The PDF is damaged and cannot be opened"),
        (b"PK\x03\x04" + b"x" * 400, "damaged or cut short"),
        (SCAN, "The document has no text; if it is a scan, run OCR"),
        (b" \n\t\n ", "The document has no text"),
        (b"<html><body><script>1</script></body></html>", "The document has no text"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_document_that_cannot_be_read_says_why(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        extract_bytes(tmp_path, data, name="invoice.pdf")


@pytest.mark.parametrize("kind", ["pdf", "docx", "xlsx", "pptx"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_document_that_was_cut_short_is_not_taken_for_a_shorter_one(
    samples: Samples, tmp_path: Path, kind: str, share: float
) -> None:
    data = samples[kind].read_bytes()
    with pytest.raises(DocumentError, match=r"damaged|cut short"):
        extract_bytes(tmp_path, data[: int(len(data) * share)])


@pytest.mark.parametrize("change", [b"3 0 obj\n<< /Type /Page", b"9 0 obj\n<<" + b" " * 9000])
def test_a_pdf_that_was_cut_short_within_its_last_change_is_not_taken_for_what_it_was(
    samples: Samples, tmp_path: Path, change: bytes
) -> None:
    with pytest.raises(DocumentError, match="The PDF is cut short"):
        extract_bytes(tmp_path, samples["pdf"].read_bytes() + change)


def test_a_part_that_does_not_unpack_fails_the_document(samples: Samples, tmp_path: Path) -> None:
    data = bytearray(samples["docx"].read_bytes())
    with ZipFile(samples["docx"]) as archive:
        at = archive.getinfo("word/document.xml").header_offset
    data[at + 80 : at + 200] = bytes(120)
    with pytest.raises(DocumentError, match="a part of it cannot be unpacked"):
        extract_bytes(tmp_path, bytes(data))


def test_a_missing_part_fails_the_document(samples: Samples, tmp_path: Path) -> None:
    broken = remade(samples["docx"], tmp_path / "broken", {}, without="word/document.xml")
    with pytest.raises(DocumentError, match=r"its part word/document\.xml is missing"):
        extract(broken)


def test_broken_xml_fails_the_document(samples: Samples, tmp_path: Path) -> None:
    xml = part(samples["pptx"], "ppt/slides/slide2.xml")
    broken = remade(samples["pptx"], tmp_path / "broken", {"ppt/slides/slide2.xml": xml[:-40]})
    with pytest.raises(DocumentError, match="The PPTX is damaged"):
        extract(broken)


def test_a_pdf_with_an_unreadable_page_fails_as_a_whole(tmp_path: Path) -> None:
    tree = "<< /Type /Pages /Kids [3 0 R 9 0 R] /Count 2 >>"
    data = pdf(EMPTY_PAGE[0], tree, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] >>")
    with pytest.raises(DocumentError, match="page 2 cannot be read"):
        extract_bytes(tmp_path, data)


def test_a_pdf_is_not_refused_for_a_title_that_cannot_be_read(tmp_path: Path) -> None:
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] >>"
    data = pdf(*EMPTY_PAGE, page, "<< /Title <FEFFD800> /Author (Ada) >>", trailer="/Info 4 0 R")
    assert extract_bytes(tmp_path, data, allow_empty=True).metadata["author"] == "Ada"


def test_a_scan_succeeds_with_a_warning_where_that_is_asked_for(tmp_path: Path) -> None:
    result = extract_bytes(tmp_path, SCAN, allow_empty=True)
    assert result.output["page_count"] == 1
    assert result.text == ""
    assert result.metadata["warnings"] == ["The document has no text; it may be a scan"]


def test_an_archive_of_documents_is_no_document(samples: Samples, tmp_path: Path) -> None:
    with ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(samples["pdf"], "report.pdf")
    with pytest.raises(DocumentError, match="Send the files in it one by one"):
        extract(tmp_path / "all.zip")


def test_the_scan_of_these_tests_is_a_real_pdf() -> None:
    """So that the refusals above are about what they say, not about a typing error."""
    with pdfium.PdfDocument(SCAN) as document:
        assert len(document) == 1
