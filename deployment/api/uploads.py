"""The files of a request: what a multipart body calls them, and whether they can be taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from werkzeug.datastructures import FileStorage

from deployment.api.errors import FieldError
from deployment.api.file_names import display_name, name_breaches
from deployment.staging import Upload


def uploads(files: Iterable[FileStorage]) -> tuple[list[Upload], list[FieldError]]:
    """The uploads in the order of the request, and what is wrong with them."""
    taken, errors = [], []
    for index, file in enumerate(files):
        upload = Upload(display_name(file.filename or ""), file.stream)  # type: ignore[arg-type]
        taken.append(upload)
        errors += [FieldError(code, detail, f"files.{index}") for code, detail in _breaches(upload)]
    return taken, errors


def _breaches(upload: Upload) -> Iterator[tuple[str, str]]:
    yield from name_breaches(upload.name)
    if upload.spool.size == 0:
        yield "empty", "The submitted file is empty."
