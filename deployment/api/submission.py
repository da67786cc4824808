"""Reading a POST: everything is checked before there is a row, so a malformed request leaves nothing behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from flask import request
from werkzeug.datastructures import FileStorage, MultiDict

from deployment.api.auth import Caller
from deployment.api.errors import FieldError, invalid, refused
from deployment.api.fields import INCLUDES, Fields, Includes
from deployment.api.multipart import FORM_ALLOWANCE, MultipartRequest
from deployment.api.uploads import uploads
from deployment.policy import Policy
from deployment.submit import Submission

TEXTS = ("timeout", "tags", "custom_data", "llm_profile_id", "presigned_urls", "use_file_history", *INCLUDES)


@dataclass(frozen=True)
class Asked:
    """A valid POST: what to run, how long to wait for it, and what to show of it."""

    submission: Submission
    wait_seconds: int
    includes: Includes


def read_submission(caller: Caller, policy: Policy) -> Asked:
    """The current request; raises `Refused` with 400 and every breach, 413, or 415."""
    _check_body_type()
    form, files = cast(MultipartRequest, request).parse(policy)
    fields = Fields(form)
    seconds, includes = fields.wait_seconds(), fields.includes()
    tags, custom_data = fields.tags(), fields.custom_data()
    _refuse_what_is_not_served(fields, form)
    taken, file_errors = uploads(files.getlist("files"))
    errors = [*fields.errors, *file_errors, *_counted(files.getlist("files"), policy)]
    errors += [_not_a_file(index) for index, _ in enumerate(form.getlist("files"))]
    errors += [
        FieldError("invalid", "Not a valid text value: it was sent as a file.", name) for name in TEXTS if name in files
    ]
    if errors:
        raise invalid(*errors)
    return Asked(Submission(caller.deployment, caller.key, taken, tags, custom_data), seconds, includes)


def _check_body_type() -> None:
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        detail = "Send the body as it is: a Content-Encoding is not understood."
        raise refused(415, "unsupported_media_type", detail)
    if request.mimetype == "application/json" and "presigned_urls" in _json_object():
        raise invalid(_not_served("presigned_urls"))
    if request.mimetype != "multipart/form-data":
        detail = "Send the files as multipart/form-data, in the field 'files': curl -F files=@document.pdf"
        raise refused(415, "unsupported_media_type", detail)


def _json_object() -> dict[str, Any]:
    request.max_content_length = FORM_ALLOWANCE
    try:
        given = request.get_json(silent=True)
    except RecursionError:
        return {}
    return given if isinstance(given, dict) else {}


def _refuse_what_is_not_served(fields: Fields, form: MultiDict[str, str]) -> None:
    if fields.boolean("use_file_history"):
        fields.errors.append(_not_served("use_file_history"))
    for name in ("presigned_urls", "llm_profile_id"):
        if any(form.getlist(name)):
            fields.errors.append(_not_served(name))
    if "Idempotency-Key" in request.headers:
        fields.errors.append(_not_served("Idempotency-Key"))


def _counted(files: list[FileStorage], policy: Policy) -> list[FieldError]:
    if not files and not request.form.getlist("files"):
        return [FieldError("required", f"Send 1 to {policy.max_files} files in the field 'files'.", "files")]
    return []


def _not_a_file(index: int) -> FieldError:
    detail = "The submitted data was not a file. Check the encoding type on the form."
    return FieldError("invalid", detail, f"files.{index}")


def _not_served(name: str) -> FieldError:
    return FieldError("not_supported", f"{name} is not supported by this version; leave it out.", name)
