"""Why a workflow does not take a document, in words for the person who sent it."""

from __future__ import annotations

from workflows.declaration import Workflow
from workflows.errors import DocumentError

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ENCRYPTED = "application/encrypted"
"""An Office file with a password."""
SHORT_NAMES = {
    PDF: "PDF",
    DOCX: "DOCX",
    XLSX: "XLSX",
    PPTX: "PPTX",
    ENCRYPTED: "encrypted Office file",
    "text/html": "HTML",
    "text/plain": "plain text",
    "text/markdown": "Markdown",
    "text/csv": "CSV",
    "text/tab-separated-values": "TSV",
}
WHAT_TO_DO = {
    ENCRYPTED: "It is protected with a password: save it without one, and send it again",
    "application/x-ole-storage": "Old Office files (.doc, .xls, .ppt) must be saved as .docx, .xlsx or .pptx",
    "application/zip": "Send the files in it one by one",
}
EMPTY = "inode/x-empty"


def refusal(media_type: str, workflow: Workflow) -> DocumentError:
    """The error that says what the document is, what the workflow takes, and what one can do."""
    if media_type == EMPTY:
        return DocumentError("The document is empty: it has no bytes")
    taken = ", ".join(SHORT_NAMES.get(accepted, accepted) for accepted in workflow.accepts)
    hint = WHAT_TO_DO.get(media_type)
    return DocumentError(
        f"This is {_described(media_type)}; {workflow.name} takes {taken}{f'. {hint}' if hint else ''}"
    )


def _described(media_type: str) -> str:
    if media_type == "application/octet-stream":
        return "a file of an unknown type"
    name = SHORT_NAMES.get(media_type, media_type)
    return f"{'an' if name[0] in 'aeio' or name.startswith('X') else 'a'} {name}"
