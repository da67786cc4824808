"""split-pages: every page a PDF of its own, with its text, in files that nobody holds in memory."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pypdfium2 as pdfium
import pytest

from examples import texts
from tests.workflows.remade import pdf
from tests.workflows.running import run_on
from workflows import DocumentError, Output
from workflows.split_pages import split_pages

Samples = dict[str, Path]


def split(path: Path, folder: Path, name: str | None = None, **options: Any) -> list[Output]:
    result = run_on(split_pages, path, name, options, folder)
    assert result.output == {"media_type": "application/pdf", "page_count": len(result.outputs)}
    return list(result.outputs)


def text_of(output: Output) -> str:
    with pdfium.PdfDocument(output.path) as document:
        (page,) = document
        return str(page.get_textpage().get_text_range())


def test_each_page_becomes_a_pdf_of_one_page(samples: Samples, tmp_path: Path) -> None:
    outputs = split(samples["pdf"], tmp_path)
    assert [output.name for output in outputs] == [f"report - page {number}.pdf" for number in (1, 2, 3)]
    assert {output.media_type for output in outputs} == {"application/pdf"}
    with pdfium.PdfDocument(samples["pdf"]) as whole:
        assert [text_of(output) for output in outputs] == [page.get_textpage().get_text_range() for page in whole]


def test_only_the_pages_that_are_asked_for_are_given_out(samples: Samples, tmp_path: Path) -> None:
    first, last = split(samples["pdf"], tmp_path, pages="1,3-9")
    assert [text_of(page).splitlines()[0] for page in (first, last)] == [texts.PAGES[0][0], texts.PAGES[2][0]]
    assert last.name == "report - page 3.pdf"


def test_a_name_is_a_label_and_leads_nowhere(samples: Samples, tmp_path: Path) -> None:
    (output, *_) = split(samples["pdf"], tmp_path, "../../etc/pass\r\nwd\x00.pdf")
    assert "/" not in output.name
    assert output.name.isprintable()
    assert output.path.parent == tmp_path


def test_what_pages_share_may_not_be_multiplied_without_end(tmp_path: Path) -> None:
    """300 KiB that each of eight pages needs are more than the 1 MiB that is allowed."""
    font = "<< /Type /Font /Subtype /TrueType /BaseFont /Big /FontDescriptor 5 0 R >>"
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << /Font << /F 4 0 R >> >> >>"
    data = pdf(
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{'3 0 R ' * 8}] /Count 8 >>",
        page,
        font,
        "<< /Type /FontDescriptor /FontName /Big /FontFile2 6 0 R >>",
        f"<< /Length 300000 >>\nstream\n{Random(1).randbytes(300_000).decode('latin-1')}\nendstream",
    )
    (tmp_path / "shared.pdf").write_bytes(data)
    with pytest.raises(DocumentError, match=r"The pages together have more than 1 MiB \(option max_mb\)"):
        split(tmp_path / "shared.pdf", tmp_path, max_mb=1)
    assert len(split(tmp_path / "shared.pdf", tmp_path)) == 8


def test_a_pdf_of_too_many_pages_is_refused(samples: Samples, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"more than 2 pages \(option max_pages\)"):
        split(samples["pdf"], tmp_path, max_pages=2)
