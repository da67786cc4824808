"""The workflow extract-text: the text of a document, per page, sheet or slide."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel, Field

from workflows.declaration import workflow
from workflows.document import Document
from workflows.errors import DocumentError
from workflows.extraction import MODULES, READERS, read
from workflows.extraction.content import Content, Limits, Page
from workflows.result import Result

NO_TEXT = "The document has no text; if it is a scan, run OCR on it first (option allow_empty lets it pass)"


class ExtractOptions(BaseModel):
    """Options of extract-text."""

    max_pages: int = Field(2000, ge=1, description="pages, sheets or slides above which a document is refused")
    allow_empty: bool = Field(False, description="let a document without any text, such as a scan, succeed")
    detect_language: bool = Field(True, description="say which language the text is in")
    full_text: bool = Field(False, description="put the whole text into the output, too, as `text`")


@workflow(
    name="extract-text", version="1", accepts=READERS, options=ExtractOptions, time_limit=120, imports=set(MODULES)
)
def extract_text(document: Document, options: ExtractOptions) -> Result:
    """Text per page, sheet or slide of PDF, DOCX, XLSX, PPTX, HTML, Markdown, CSV and plain text."""
    seconds: dict[str, float] = {}
    with _timed(seconds, "extract"):
        content = read(document, Limits(pages=options.max_pages))
    text = "\n\n".join(page.text for page in content.pages if page.text)
    if not text.strip():
        _accept_no_text(content, options)
    with _timed(seconds, "detect_language"):
        language = _language(content, text, options)
    output = {
        "media_type": document.media_type,
        "title": content.title,
        "language": language,
        "page_count": len(content.pages),
        "character_count": sum(len(page.text) for page in content.pages),
        "word_count": sum(len(page.text.split()) for page in content.pages),
        "pages": [_shown(page) for page in content.pages],
        **({"text": text} if options.full_text else {}),
    }
    metadata = {**content.metadata, "warnings": content.warnings}
    return Result(output, metadata, {"seconds": seconds}, text, pages=len(content.pages))


def _accept_no_text(content: Content, options: ExtractOptions) -> None:
    """An empty result looks like that of an empty page to whoever reads it, so it must be asked for."""
    if not options.allow_empty:
        raise DocumentError(NO_TEXT)
    content.warnings.append("The document has no text; it may be a scan")


def _language(content: Content, text: str, options: ExtractOptions) -> str | None:
    """What the text is in, else what the document claims, which is often that of its template."""
    if not options.detect_language:
        return content.language
    from workflows.extraction.language import language_of

    return language_of(text) or content.language


def _shown(page: Page) -> dict[str, Any]:
    named = {"name": page.name} if page.name else {}
    return {"number": page.number, **named, "text": page.text}


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[step] = round(time.perf_counter() - began, 4)
