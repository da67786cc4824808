"""What a document is, from its bytes. A caller's word is not asked; a name only chooses between text formats."""

from __future__ import annotations

import mmap
import re
from pathlib import Path, PurePath

from workflows.archive import media_type_of_archive
from workflows.decoding import SAMPLE, encoding_of
from workflows.refusal import EMPTY, ENCRYPTED, PDF

UNKNOWN = "application/octet-stream"
PDF_HEADER = re.compile(rb"^%PDF-\d", re.MULTILINE)
PDF_WITHIN = 1024
"""Readers find a PDF's header anywhere in so many bytes (ISO 32000-1, annex H.3.4.1)."""
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
"""An Office file with a password is an OLE file with this stream (MS-OFFCRYPTO, 2.3.4.4)."""
SURE = 0.3
"""What puremagic gives for a signature of three bytes, which is all that a JPEG has."""

SURELY_HTML = re.compile(r"<!doctype html|<html[\s>]", re.IGNORECASE)
MAYBE_HTML = re.compile(r"<(head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[\s>-]", re.IGNORECASE)
"""What browsers take for HTML (WHATWG, MIME Sniffing, 7.1)."""
BY_NAME = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".html": "text/html",
    ".htm": "text/html",
    ".xml": "text/xml",
    ".json": "application/json",
}


def media_type_of(path: Path, name: str) -> str:
    """The media type of the bytes at `path`, `application/octet-stream` where nobody knows.

    Raises `DocumentError` for an archive that is damaged, since nobody can say what it was.
    """
    with path.open("rb") as source:
        head = source.read(SAMPLE)
    if not head:
        return EMPTY
    return _signed(path, head) or _text(head, name) or _listed(head)


def _signed(path: Path, head: bytes) -> str | None:
    """By the signatures of what is most often sent, for which a look further inside is needed."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return media_type_of_archive(path)
    if head.startswith(OLE):
        return ENCRYPTED if _holds(path, ENCRYPTED_OFFICE) else "application/x-ole-storage"
    if head.startswith(b"{\\rtf"):
        return "application/rtf"
    return PDF if PDF_HEADER.search(head[:PDF_WITHIN]) else None


def _holds(path: Path, mark: bytes) -> bool:
    with path.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(mark) >= 0


def _text(head: bytes, name: str) -> str | None:
    encoding = encoding_of(head)
    if encoding is None:
        return None
    text = head.decode(encoding, errors="ignore").lstrip("\ufeff \t\r\n\f")
    if SURELY_HTML.match(text) or (text.startswith(("<?xml", "<!--")) and SURELY_HTML.search(text)):
        return "text/html"
    by_name = BY_NAME.get(PurePath(name).suffix.lower())
    return by_name or ("text/html" if MAYBE_HTML.match(text) else "text/plain")


def _listed(head: bytes) -> str:
    import puremagic

    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    return next((match.mime_type for match in found if match.confidence >= SURE and match.mime_type), UNKNOWN)
