"""What a document is, without what it says: one module per kind, each imported when a document of that kind comes."""

from __future__ import annotations

from importlib import import_module

from workflows.document import Document
from workflows.info.facts import Facts
from workflows.refusal import DOCX, ENCRYPTED, PDF, PPTX, XLSX

READERS = {
    PDF: "pdf",
    DOCX: "office",
    XLSX: "office",
    PPTX: "office",
    ENCRYPTED: "locked",
    "text/html": "html",
    "text/plain": "plain",
    "text/markdown": "plain",
    "text/csv": "plain",
    "text/tab-separated-values": "plain",
}
"""The module that looks at a media type; each has `read(path, facts)`."""
MODULES = [f"{__name__}.{module}" for module in READERS.values()]


def read(document: Document, facts: Facts) -> None:
    """Put what is known of the document into `facts`; raises `DocumentError` where it is broken."""
    import_module(f"{__name__}.{READERS[document.media_type]}").read(document.path, facts)
