"""The workflow split-pages: each page of a PDF as a PDF of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from pydantic import BaseModel, Field

from workflows.declaration import workflow
from workflows.document import Document
from workflows.output import Output
from workflows.page_spans import Pages, PageSpans
from workflows.refusal import PDF
from workflows.result import Result


class SplitOptions(BaseModel):
    """Options of split-pages."""

    pages: PageSpans = Field("", description="pages to give out, such as `1-3,7`; left out, all of them")
    max_pages: int = Field(500, ge=1, le=10_000, description="pages above which a PDF is refused")
    max_mb: int = Field(1024, ge=1, description="MiB of all pages together above which a PDF is refused")


@workflow(
    name="split-pages",
    version="1",
    accepts=[PDF],
    options=SplitOptions,
    time_limit=120,
    imports=["workflows.pdf.splitting"],
)
def split_pages(document: Document, options: SplitOptions) -> Result:
    """Each page of a PDF as a PDF of its own, to be fetched one by one."""
    outputs = list(_outputs(document, options))
    return Result({"media_type": document.media_type, "page_count": len(outputs)}, outputs=outputs, pages=len(outputs))


def _outputs(document: Document, options: SplitOptions) -> Iterator[Output]:
    from workflows.pdf.splitting import split  # a web process need not load PDFium

    stem = PurePath(document.name).stem or "document"
    pages = split(document.path, document.folder, Pages.parse(options.pages), options.max_pages, options.max_mb * 2**20)
    for number, path in pages:
        yield Output(f"{stem} - page {number}.pdf", PDF, path)
