"""ZIP archives, as which Office writes its files: what one is, and whether it is safe to unpack."""

from __future__ import annotations

import struct
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from workflows.errors import DocumentError
from workflows.refusal import DOCX, PPTX, XLSX

FOLDERS = {"word/": DOCX, "xl/": XLSX, "ppt/": PPTX}
DAMAGED = "The document is damaged or cut short: it begins like a DOCX, XLSX, PPTX or ZIP file, but has no proper end"
END_RECORD = b"PK\x05\x06"
END_WITHIN = 65_535 + 22
MAX_DIRECTORY = 4 * 1024 * 1024
"""Bytes of the list of contents: some ten thousand files, where a large presentation has hundreds."""


def media_type_of_archive(path: Path) -> str:
    """Which kind of Office file, or what else the archive is; raises `DocumentError` if it is damaged."""
    with open_archive(path) as archive:
        names = archive.namelist()
        if "[Content_Types].xml" in names:
            return next((kind for folder, kind in FOLDERS.items() if _has(names, folder)), "application/zip")
        return _declared(archive) if names[:1] == ["mimetype"] else "application/zip"


def open_archive(path: Path) -> ZipFile:
    """The archive, once its list of contents is known to be of a bearable size; raises `DocumentError`."""
    if _directory_size(path) > MAX_DIRECTORY:
        raise DocumentError("The document has too many parts inside: it is no ordinary Office file")
    try:
        return ZipFile(path)
    except (BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise DocumentError(DAMAGED) from error


def _has(names: list[str], folder: str) -> bool:
    return any(name.startswith(folder) for name in names)


def _declared(archive: ZipFile) -> str:
    """OpenDocument and EPUB say what they are in the first file, which is not compressed."""
    try:
        with archive.open("mimetype") as source:
            return source.read(100).decode("ascii").strip() or "application/zip"
    except (BadZipFile, UnicodeDecodeError, RuntimeError, NotImplementedError):
        return "application/zip"


def _directory_size(path: Path) -> int:
    with path.open("rb") as source:
        size = source.seek(0, 2)
        source.seek(max(0, size - END_WITHIN))
        tail = source.read()
    at = tail.rfind(END_RECORD)
    if at < 0 or len(tail) < at + 22:
        raise DocumentError(DAMAGED)
    (length,) = struct.unpack_from("<L", tail, at + 12)
    return int(length)
