"""The faces of the S3 SDK's errors, registered with `translate`: its own, urllib3's, and those of XML.

Its `S3Error` is rare: where the body is not called exactly application/xml (rclone, many gateways), the SDK
raises `InvalidResponseError`, and the code has to be read from the body.
"""

from __future__ import annotations

import html
import re
from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError, MaxRetryError, SSLError

from storage.errors import (
    AccessDenied,
    BucketMissing,
    DeletedMeanwhile,
    NotFound,
    NoTls,
    NotS3,
    StorageError,
    StorageFull,
    Unavailable,
)
from storage.translation import told, translate

FACES = (MinioException, HTTPError, ParseError)

CODES: dict[str, type[StorageError]] = {
    "NoSuchKey": NotFound,
    "NoSuchBucket": BucketMissing,
    "NoSuchUpload": DeletedMeanwhile,
    "AccessDenied": AccessDenied,
    "InvalidAccessKeyId": AccessDenied,
    "SignatureDoesNotMatch": AccessDenied,
    "RequestTimeTooSkewed": AccessDenied,
    "QuotaExceeded": StorageFull,
    "XMinioStorageFull": StorageFull,
    "XMinioAdminBucketQuotaExceeded": StorageFull,
    "InternalError": Unavailable,
    "OperationAborted": Unavailable,
    "RequestTimeout": Unavailable,
    "ServiceUnavailable": Unavailable,
    "SlowDown": Unavailable,
}
STATUSES: dict[int, type[StorageError]] = {
    401: AccessDenied,
    403: AccessDenied,
    408: Unavailable,
    429: Unavailable,
    501: StorageError,
    507: StorageFull,
}


def code_of(error: Exception) -> str | None:
    """The S3 error code, whichever face it has; None if there is none."""
    if isinstance(error, S3Error):
        return error.code
    return _in_body(error, "Code") if isinstance(error, InvalidResponseError) else None


def by_code(code: str | None, message: str | None, operation: str, subject: str, status: int = 0) -> StorageError:
    """The error for a code of S3, or for the HTTP status where the code says nothing."""
    kind = CODES.get(code or "") or STATUSES.get(status)
    if kind is None:
        kind = Unavailable if status >= 500 else StorageError
    return kind(operation, subject, ": ".join(filter(None, [code or f"HTTP {status}", message])))


@translate.register
def _(error: S3Error, operation: str, subject: str) -> StorageError:
    return by_code(error.code, error.message, operation, subject, error.response.status)


@translate.register
def _(error: InvalidResponseError, operation: str, subject: str) -> StorageError:
    code, status = code_of(error), error._code
    if code is None and status < 500 and status not in STATUSES:
        return NotS3(operation, subject, f"HTTP {status}, {error._content_type or 'no content type'}")
    return by_code(code, _in_body(error, "Message"), operation, subject, status)


@translate.register
def _(error: ServerError, operation: str, subject: str) -> StorageError:
    return by_code(None, None, operation, subject, error.status_code)


@translate.register
def _(error: MinioException, operation: str, subject: str) -> StorageError:
    return Unavailable(operation, subject, told(error))


@translate.register
def _(error: ParseError, operation: str, subject: str) -> StorageError:
    return NotS3(operation, subject, told(error))


@translate.register
def _(error: HTTPError, operation: str, subject: str) -> StorageError:
    reason = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    return (NoTls if isinstance(reason, SSLError) else Unavailable)(operation, subject, told(reason))


def _in_body(error: InvalidResponseError, tag: str) -> str | None:
    found = re.search(rf"<{tag}>([^<]*)</{tag}>", error._body or "")
    return html.unescape(found[1]) if found else None
