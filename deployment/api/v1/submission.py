"""Reading a request for an execution: multipart with files, or JSON with URLs, checked before there is a row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from flask import request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.datastructures import MultiDict

from deployment.api.errors import FieldError, invalid, refused
from deployment.api.idempotency import idempotency_key
from deployment.api.json_object import NotAnObject, parse_object
from deployment.api.multipart import FORM_ALLOWANCE, Files, Form, MultipartRequest, require_no_encoding
from deployment.api.remote_files import remote_files
from deployment.api.tags import TAG_LENGTH, TAG_PATTERN
from deployment.api.uploads import uploads
from deployment.api.v1.labels import metadata_breaches, tag_breaches
from deployment.api.v1.options import parsed_options
from deployment.api.v1.problem import breaches
from deployment.models import ApiKey, Deployment
from deployment.outbound import InvalidUrl, check_url
from deployment.parts import Parts
from deployment.presigned import RemoteFile
from deployment.staging import Upload
from deployment.submit import Submission

TAGS = 50
OBJECTS, LISTS = ("options", "metadata", "custom_data"), ("urls", "tags")
"""Fields that a form has as JSON, and those that it may repeat."""
NO_SECRET = "This deployment has no secret to sign with: rotate its webhook secret first, which makes one."  # noqa: S105


class Asked(BaseModel):
    """What is asked for beside the files."""

    model_config = ConfigDict(extra="forbid")

    urls: list[str] = Field([], description="presigned URLs of files that are to be fetched")
    options: dict[str, Any] = Field({}, description="of the workflow, over those of the deployment")
    metadata: dict[str, Any] = Field({}, description="kept with the execution, and given back; 50 keys, 16 KiB")
    custom_data: dict[str, Any] = Field({}, description="handed to the workflow")
    tags: list[str] = Field([], max_length=TAGS, description=f"each as {TAG_PATTERN}, {TAG_LENGTH} characters at most")
    deadline: int | None = Field(None, ge=1, description="seconds until it must have ended, queueing included")
    webhook_url: str | None = Field(None, max_length=2048, description="told of the end, beside the deployment's own")
    use_file_history: bool = Field(False, description="take the result of the same file, if there is one")


def read_submission(parts: Parts, deployment: Deployment, key: ApiKey) -> Submission:
    """The current request; raises `Refused` with 400 and every breach, 413, or 415."""
    given, files = _body(parts)
    try:
        asked = Asked.model_validate(given)
    except ValidationError as error:
        raise invalid(*breaches(error)) from None
    errors: list[FieldError] = []
    options = parsed_options(parts, deployment, asked.options, errors)
    _check(parts, deployment, asked, errors)
    idempotent = idempotency_key(errors)
    taken = _files(parts, asked, files, errors)
    if errors:
        raise invalid(*errors)
    return Submission(
        deployment,
        key,
        taken,
        asked.tags,
        asked.custom_data,
        asked.use_file_history,
        idempotent,
        options=options,
        metadata=asked.metadata,
        deadline=timedelta(seconds=asked.deadline) if asked.deadline else None,
        webhook_url=asked.webhook_url,
    )


def _body(parts: Parts) -> tuple[dict[str, Any], Files]:
    require_no_encoding(request)
    if request.mimetype == "multipart/form-data":
        form, files = cast(MultipartRequest, request).parse(parts.policy)
        return _from_form(form), files
    if request.mimetype == "application/json":
        request.max_content_length = FORM_ALLOWANCE
        return _object("body", request.get_data(as_text=True)), MultiDict()
    detail = "Send multipart/form-data with the files in 'files', or application/json with their 'urls'."
    raise refused(415, "unsupported_media_type", detail)


def _from_form(form: Form) -> dict[str, Any]:
    """As JSON would have it. `tags` may be one comma list; `files` as text is a client that forgot to attach them."""
    given: dict[str, Any] = {name: form[name] for name in form}
    given |= {name: _object(name, form[name]) for name in OBJECTS if name in form}
    given |= {name: form.getlist(name) for name in LISTS if name in form}
    if "tags" in given:
        given["tags"] = [tag.strip() for each in given["tags"] for tag in each.split(",") if tag.strip()]
    return given


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        return parse_object(text)
    except NotAnObject as error:
        raise invalid(FieldError("invalid", str(error), name)) from None


def _check(parts: Parts, deployment: Deployment, asked: Asked, errors: list[FieldError]) -> None:
    """What no type can say."""
    errors += tag_breaches(asked.tags)
    errors += metadata_breaches(asked.metadata)
    longest = int(parts.policy.deadline.total_seconds())
    if asked.deadline is not None and asked.deadline > longest:
        errors.append(FieldError("max_value", f"Ensure this value is less than or equal to {longest}.", "deadline"))
    if asked.webhook_url is not None:
        errors += _webhook_breaches(asked.webhook_url, deployment, private=parts.policy.private_webhooks)


def _webhook_breaches(url: str, deployment: Deployment, *, private: bool) -> list[FieldError]:
    try:
        check_url(url, private=private)
    except InvalidUrl as error:
        return [FieldError("invalid", str(error), "webhook_url")]
    return [] if deployment.webhook_secret else [FieldError("not_allowed", NO_SECRET, "webhook_url")]


def _files(parts: Parts, asked: Asked, files: Files, errors: list[FieldError]) -> list[Upload | RemoteFile]:
    """Uploads first, then what is to be fetched, each in the order of the request."""
    most, sent = parts.policy.max_files, files.getlist("files")
    errors += [
        FieldError("unknown_field", "Files are taken in 'files'.", name[:100]) for name in files if name != "files"
    ]
    if not 1 <= len(sent) + len(asked.urls) <= most:
        rule = f"Send 1 to {most} files: uploaded in 'files', by their URLs in 'urls', or both together."
        errors.append(FieldError("max_length" if sent or asked.urls else "required", rule, "files"))
        return []
    uploaded, upload_errors = uploads(sent)
    remote, url_errors = remote_files(asked.urls, parts.policy.presigned_hosts, "urls")
    errors += [*upload_errors, *url_errors]
    return [*uploaded, *remote]
