"""What can go wrong with a storage, one class for each thing that a person would do about it.

A message names the operation and the key, and holds no secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self


class StorageError(Exception):
    """the storage failed"""

    retryable = False
    """Whether the same call may succeed in a moment, without anybody doing anything."""

    def __init__(self, operation: str, subject: str, detail: str = "") -> None:
        """`operation` is write, read, copy, list or delete; `subject` is the key or the prefix."""
        super().__init__(operation, subject, detail)
        self.operation, self.subject, self.detail = operation, subject, detail

    def __str__(self) -> str:
        told = f"cannot {self.operation} {self.subject}: {type(self).__doc__}"
        return f"{told} ({self.detail})" if self.detail else told

    def one_of(self, count: int) -> Self:
        """The same error, told as the first of `count`."""
        return type(self)(self.operation, self.subject, f"{self.detail}; the first of {count} errors".lstrip("; "))


class NotFound(StorageError):
    """there is no such object"""


class InvalidKey(StorageError):
    """not a name that Airlock gives to objects"""


class AccessDenied(StorageError):
    """the storage denies access; check its credentials and what they may do"""


class BucketMissing(StorageError):
    """the bucket does not exist; create it, or correct STORAGE_URL"""


class StorageFull(StorageError):
    """the storage is full"""


class DeletedMeanwhile(StorageError):
    """its prefix was deleted while it was written"""


class NotS3(StorageError):
    """the answer is not one of an S3 server; check host and port in STORAGE_URL"""


class NoTls(StorageError):
    """no trusted TLS connection; check secure= in STORAGE_URL, and SSL_CERT_FILE if the authority is your own"""


class Unavailable(StorageError):
    """the storage does not answer as it should"""

    retryable = True


def raise_first(errors: Sequence[StorageError]) -> None:
    """Raise the first of `errors`, saying how many there are; nothing if there is none."""
    if errors:
        raise errors[0] if len(errors) == 1 else errors[0].one_of(len(errors)) from errors[0]
