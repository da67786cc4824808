"""Reading a multipart body: each file goes once through a spool; a body that is cut short or malformed is refused."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from flask import Request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.formparser import FormDataParser

from deployment.api.errors import FieldError, invalid
from deployment.spool import Spool
from deployment.submit import Upload

NAME_LENGTH = 255


class UploadRequest(Request):
    """A request whose files are spools, and whose broken body is a 400 instead of an empty form."""

    max_files: int | None = None
    """Files that are taken at most: each one is an open file of ours, so no more are even begun."""

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> Any:
        self._spooled = getattr(self, "_spooled", 0) + 1
        if self.max_files is not None and self._spooled > self.max_files:
            raise invalid(FieldError("max_length", f"Ensure that there are at most {self.max_files} files.", "files"))
        return Spool()

    def make_form_data_parser(self) -> FormDataParser:
        return self.form_data_parser_class(
            stream_factory=self._get_file_stream,
            max_form_memory_size=self.max_form_memory_size,
            max_content_length=self.max_content_length,
            max_form_parts=self.max_form_parts,
            silent=False,
            cls=self.parameter_storage_class,
        )

    def parse(self) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
        """Form fields and files; raises `BadRequest` when the body is not well-formed or not complete."""
        try:
            return self.form, self.files
        except ValueError as error:
            raise BadRequest(f"The multipart body is malformed or incomplete: {error}") from error


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
    elif any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        yield "invalid", "The file name has control characters."
    if upload.spool.size == 0:
        yield "empty", "The submitted file is empty."
