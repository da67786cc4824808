"""Finding the tables of documents: one module per kind, each imported when a document of that kind comes."""

from __future__ import annotations

from importlib import import_module

from workflows.document import Document
from workflows.refusal import DOCX, PDF, PPTX, XLSX
from workflows.tables.table import Tables, Wanted

READERS = {
    PDF: "pdf",
    XLSX: "spreadsheet",
    DOCX: "office",
    PPTX: "office",
    "text/html": "html",
    "text/csv": "delimited",
    "text/tab-separated-values": "delimited",
}
"""The module that reads a media type; each has `read(path, wanted)`."""
MODULES = [f"{__name__}.{module}" for module in READERS.values()]


def read(document: Document, wanted: Wanted) -> Tables:
    """The tables of the document; raises `DocumentError` where it is broken, locked, or too large."""
    reader = import_module(f"{__name__}.{READERS[document.media_type]}")
    tables: Tables = reader.read(document.path, wanted)
    return tables
