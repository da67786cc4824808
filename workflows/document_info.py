"""The workflow document-info: what a document is, without what it says."""

from __future__ import annotations

from pydantic import BaseModel, Field

from workflows.declaration import workflow
from workflows.document import Document
from workflows.info import MODULES, READERS, read
from workflows.info.facts import Facts
from workflows.result import Result


class InfoOptions(BaseModel):
    """Options of document-info."""

    font_pages: int = Field(200, ge=0, description="pages of a PDF that are looked at for fonts")


@workflow(name="document-info", version="1", accepts=READERS, options=InfoOptions, time_limit=60, imports=set(MODULES))
def document_info(document: Document, options: InfoOptions) -> Result:
    """Properties, pages, fonts, embedded files, signatures and protection of PDF and Office files, HTML and text."""
    facts = Facts(looked_at=options.font_pages)
    read(document, facts)
    output = {
        "media_type": document.media_type,
        "size": document.size,
        "sha256": document.sha256,
        "properties": facts.properties,
        **facts.found,
    }
    return Result(output, {"warnings": facts.warnings})
