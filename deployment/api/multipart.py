"""Reading a multipart body: each file goes once through a spool; a body that is cut short or malformed is refused."""

from __future__ import annotations

from typing import Any

from flask import Request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from deployment.api.errors import FieldError, invalid, refused, unavailable
from deployment.policy import Policy
from deployment.spool import Spool

TEXT_BYTES = 500_000
"""The longest text field, in bytes."""
PARTS = 1000
"""Parts of a body at most, files and text fields together."""
FORM_ALLOWANCE = 1024 * 1024
"""Bytes of a body beside its files: part headers and text fields."""

Form = MultiDict[str, str]
Files = MultiDict[str, FileStorage]


def require_no_encoding(request: Request) -> None:
    """Raise `Refused` with 415 for a body that would have to be decoded first: its size would be any size."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        detail = "Send the body as it is: a Content-Encoding is not understood."
        raise refused(415, "unsupported_media_type", detail)


class MultipartRequest(Request):
    """A request whose files are spools, and whose broken body is a 400 instead of an empty form."""

    max_form_memory_size = TEXT_BYTES
    max_form_parts = PARTS
    policy = Policy()

    def parse(self, policy: Policy) -> tuple[Form, Files]:
        """Form fields and files; raises `Refused` if the body is malformed or cut short (400), or too large (413)."""
        self.policy, self.max_content_length = policy, policy.max_upload_bytes + FORM_ALLOWANCE
        self._spools: list[Spool] = []
        try:
            form, files = self.form, self.files
        except ValueError as error:
            detail = f"The multipart body is malformed or incomplete: {error}"
            raise refused(400, "parse_error", detail) from error
        except RequestEntityTooLarge as error:
            raise self._too_large() from error
        except OSError as error:  # not of the caller's connection, whose errors are a `ClientDisconnected`
            raise unavailable("the disk for uploads", error) from error
        if sum(spool.size for spool in self._spools) > policy.max_upload_bytes:
            raise self._too_large()
        return form, files

    def close(self) -> None:
        """Close the spools, those of a body that was refused half-way as well."""
        for spool in getattr(self, "_spools", ()):
            spool.close()
        super().close()

    def make_form_data_parser(self) -> FormDataParser:
        return self.form_data_parser_class(
            stream_factory=self._get_file_stream,
            max_form_memory_size=self.max_form_memory_size,
            max_content_length=self.max_content_length,
            max_form_parts=self.max_form_parts,
            silent=False,
            cls=self.parameter_storage_class,
        )

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> Any:
        """Each one is an open file of ours, so no more are even begun than are taken."""
        most = self.policy.max_files
        if len(self._spools) >= most:
            raise invalid(FieldError("max_length", f"Ensure that there are at most {most} files.", "files"))
        self._spools.append(Spool())
        return self._spools[-1]

    def _too_large(self) -> Exception:
        mebibytes = self.policy.max_upload_bytes // 1024 // 1024
        limits = f"{mebibytes} MiB of files, {TEXT_BYTES} bytes in a text field, and {PARTS} fields"
        return refused(413, "too_large", f"The request is too large: it may have {limits}.")
