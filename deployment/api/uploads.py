"""The files of a request: what a multipart body calls them, and whether they can be taken."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from werkzeug.datastructures import FileStorage

from deployment.api.errors import FieldError
from deployment.submit import Upload

NAME_LENGTH = 255
CONTROL_OR_SURROGATE = ("Cc", "Cs")
"""Unicode categories that no database and no log should have to store."""


def uploads(files: Iterable[FileStorage]) -> tuple[list[Upload], list[FieldError]]:
    """The uploads in the order of the request, and what is wrong with them."""
    taken, errors = [], []
    for index, file in enumerate(files):
        upload = Upload(_display_name(file.filename or ""), file.stream)  # type: ignore[arg-type]
        taken.append(upload)
        errors += [FieldError(code, detail, f"files.{index}") for code, detail in _breaches(upload)]
    return taken, errors


def _display_name(filename: str) -> str:
    """The last part of a path: RFC 7578, section 4.2, says that directories in it are not to be used."""
    return filename.replace("\\", "/").rsplit("/", 1)[-1]


def _breaches(upload: Upload) -> Iterable[tuple[str, str]]:
    name = upload.name
    if name in ("", ".", ".."):
        yield "no_name", "The file has no name."
    elif len(name) > NAME_LENGTH:
        detail = f"Ensure this filename has at most {NAME_LENGTH} characters (it has {len(name)})."
        yield "max_length", detail
    elif any(unicodedata.category(character) in CONTROL_OR_SURROGATE for character in name):
        yield "invalid", "The file name has control characters."
    if upload.spool.size == 0:
        yield "empty", "The submitted file is empty."
