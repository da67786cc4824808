"""Each page of a PDF as a file of its own, with what the page needs of the fonts and pictures that pages share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium

from workflows.errors import DocumentError
from workflows.extraction.content import reading
from workflows.page_spans import Pages
from workflows.pdf.opening import opened


def split(path: Path, folder: Path, pages: Pages, max_pages: int, max_bytes: int) -> Iterator[tuple[int, Path]]:
    """The number of each page that is wanted, and the file in `folder` that holds it.

    Raises `DocumentError` where a page is damaged, or the files together are larger than `max_bytes`: what the pages
    share is in each of them.
    """
    left = max_bytes
    with reading("PDF"), opened(path, max_pages) as document:
        for number in pages.of(len(document)):
            target = folder / f"page-{number}"
            _write_page(document, number, target)
            left -= target.stat().st_size
            if left < 0:
                raise DocumentError(f"The pages together have more than {max_bytes // 2**20} MiB (option max_mb)")
            yield number, target


def _write_page(document: pdfium.PdfDocument, number: int, target: Path) -> None:
    with pdfium.PdfDocument.new() as single:
        try:
            single.import_pages(document, [number - 1])
        except pdfium.PdfiumError as error:
            raise DocumentError(f"The PDF is damaged: its page {number} cannot be read") from error
        single.save(target)
