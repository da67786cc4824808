"""The one place where errors of others become `StorageError`s.

What the operating system raises is here; the faces of the S3 SDK are registered by `s3_errors`, which is
imported only where S3 is used.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from functools import singledispatch

from storage.errors import AccessDenied, DeletedMeanwhile, NotFound, StorageError, StorageFull, Unavailable

NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR}
DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def translated(operation: str, subject: str) -> Iterator[None]:
    """Raise `StorageError`s in place of the errors that `translate` knows; let all others pass."""
    try:
        yield
    except _known() as error:
        raise translate(error, operation, subject) from error


@singledispatch
def translate(error: Exception, operation: str, subject: str) -> StorageError:
    """What `error` means for who wanted to `operation` (write, read, list, delete) the `subject` (a key)."""
    return StorageError(operation, subject, told(error))


@translate.register
def _(error: ValueError, operation: str, subject: str) -> StorageError:
    return StorageError(operation, subject, told(error))


@translate.register
def _(error: OSError, operation: str, subject: str) -> StorageError:
    return _kind(error, operation)(operation, subject, error.strerror or told(error))


def told(error: Exception) -> str:
    """Type and message, as a detail of a `StorageError`."""
    return f"{type(error).__name__}: {error}"


def _kind(error: OSError, operation: str) -> type[StorageError]:
    if error.errno in DENIED:
        return AccessDenied
    if error.errno in FULL:
        return StorageFull
    if operation == "read" and error.errno in NOT_THERE:
        return NotFound
    return DeletedMeanwhile if error.errno == errno.ENOENT else Unavailable


def _known() -> tuple[type[Exception], ...]:
    return tuple(kind for kind in translate.registry if kind is not Exception and kind is not object)
