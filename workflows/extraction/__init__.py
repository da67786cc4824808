"""Reading documents: one module per kind, each imported when a document of that kind comes."""

from __future__ import annotations

from importlib import import_module

from workflows.document import Document
from workflows.extraction.content import Content, Limits
from workflows.refusal import DOCX, PDF, PPTX, XLSX

READERS = {
    PDF: "pdf",
    DOCX: "word",
    XLSX: "spreadsheet",
    PPTX: "slides",
    "text/html": "html",
    "text/plain": "plain",
    "text/markdown": "plain",
    "text/csv": "plain",
    "text/tab-separated-values": "plain",
}
"""The module that reads a media type; each has `read(path, limits)`."""
MODULES = [f"{__name__}.{module}" for module in (*READERS.values(), "language")]


def read(document: Document, limits: Limits) -> Content:
    """What the document says; raises `DocumentError` where it is broken, locked, or too large."""
    reader = import_module(f"{__name__}.{READERS[document.media_type]}")
    content: Content = reader.read(document.path, limits)
    return content
