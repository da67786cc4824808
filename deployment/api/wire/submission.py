"""Reading a POST: everything is checked before there is a row, so a malformed request leaves nothing behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import request
from werkzeug.datastructures import MultiDict

from deployment.api.errors import FieldError, invalid, refused
from deployment.api.idempotency import idempotency_key
from deployment.api.multipart import Files, Form, MultipartRequest, require_no_encoding
from deployment.api.remote_files import remote_files
from deployment.api.uploads import uploads
from deployment.api.wire.auth import Caller
from deployment.api.wire.fields import INCLUDES, Fields, Includes
from deployment.api.wire.json_body import json_form
from deployment.policy import Policy
from deployment.presigned import RemoteFile
from deployment.staging import Upload
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
    form, files = _body(policy)
    fields = Fields(form)
    seconds, includes = fields.wait_seconds(), fields.includes()
    tags, custom_data, history = fields.tags(), fields.custom_data(), fields.boolean("use_file_history")
    _refuse_what_is_not_served(fields, form)
    key = idempotency_key(fields.errors)
    taken, file_errors = _files(form, files, policy)
    errors = [*fields.errors, *file_errors]
    errors += [
        FieldError("invalid", "Not a valid text value: it was sent as a file.", name) for name in TEXTS if name in files
    ]
    if errors:
        raise invalid(*errors)
    return Asked(Submission(caller.deployment, caller.key, taken, tags, custom_data, history, key), seconds, includes)


def _body(policy: Policy) -> tuple[Form, Files]:
    require_no_encoding(request)
    if request.mimetype == "multipart/form-data":
        return cast(MultipartRequest, request).parse(policy)
    form = json_form(request) if request.mimetype == "application/json" else None
    if form is None:
        detail = "Send the files as multipart/form-data, in the field 'files': curl -F files=@document.pdf"
        detail += ". A JSON body is for 'presigned_urls' without files."
        raise refused(415, "unsupported_media_type", detail)
    return form, MultiDict()


def _files(form: Form, files: Files, policy: Policy) -> tuple[list[Upload | RemoteFile], list[FieldError]]:
    """Uploads first, then what is to be fetched, each in the order of the request."""
    if wrong := _counted(form, files, policy.max_files):
        return [], wrong  # and not a breach for each: a reply does not grow with what it refuses
    uploaded, upload_errors = uploads(files.getlist("files"))
    remote, url_errors = remote_files(form.getlist("presigned_urls"), policy.presigned_hosts, "presigned_urls")
    texts = [_not_a_file(index) for index, _ in enumerate(form.getlist("files"))]
    return [*uploaded, *remote], [*upload_errors, *url_errors, *texts]


def _counted(form: Form, files: Files, most: int) -> list[FieldError]:
    urls, sent = form.getlist("presigned_urls"), [*files.getlist("files"), *form.getlist("files")]
    rule = f"Send 1 to {most} files: uploaded in 'files', by their URLs in 'presigned_urls', or both together."
    if not urls and not sent:
        return [FieldError("required", rule, "files")]
    if len(urls) + len(sent) > most:
        return [FieldError("max_length", rule, "presigned_urls" if urls else "files")]
    return []


def _refuse_what_is_not_served(fields: Fields, form: Form) -> None:
    if any(form.getlist("llm_profile_id")):
        fields.errors.append(_not_served("llm_profile_id"))


def _not_a_file(index: int) -> FieldError:
    detail = "The submitted data was not a file. Check the encoding type on the form."
    return FieldError("invalid", detail, f"files.{index}")


def _not_served(name: str) -> FieldError:
    return FieldError("not_supported", f"{name} is not supported by this version; leave it out.", name)
