"""Objects by key, in a local folder or in S3: written whole or not at all, deleted without asking first.

`open_store(url)` gives the store of `STORAGE_URL`; everything that goes wrong is a `StorageError`.
"""

from __future__ import annotations

from storage import names
from storage.errors import (
    AccessDenied,
    BucketMissing,
    DeletedMeanwhile,
    InvalidKey,
    NotFound,
    NoTls,
    NotS3,
    StorageError,
    StorageFull,
    Unavailable,
)
from storage.object_store import ObjectStore, Source, StoredObject
from storage.url import InvalidStorageUrl, open_store

__all__ = [
    "AccessDenied",
    "BucketMissing",
    "DeletedMeanwhile",
    "InvalidKey",
    "InvalidStorageUrl",
    "NoTls",
    "NotFound",
    "NotS3",
    "ObjectStore",
    "Source",
    "StorageError",
    "StorageFull",
    "StoredObject",
    "Unavailable",
    "names",
    "open_store",
]
