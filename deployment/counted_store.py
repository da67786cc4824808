"""A store of objects that counts the errors of the one behind it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from deployment.tallies import Tallies
from storage import ObjectStore, Source, StorageError, StoredObject


class CountedStore(ObjectStore):
    """Each method does what the store's does."""

    def __init__(self, store: ObjectStore, tallies: Tallies) -> None:
        self._store, self._tallies = store, tallies

    @property
    def address(self) -> str:
        return self._store.address

    def put(self, key: str, source: Source) -> StoredObject:
        with self._counted("put"):
            return self._store.put(key, source)

    def open(self, key: str) -> io.BufferedReader:
        with self._counted("open"):
            return self._store.open(key)

    def copy(self, source: str, key: str) -> None:
        with self._counted("copy"):
            self._store.copy(source, key)

    def keys(self, prefix: str) -> Iterator[str]:
        with self._counted("list"):
            yield from self._store.keys(prefix)

    def delete_prefix(self, prefix: str) -> None:
        with self._counted("delete"):
            self._store.delete_prefix(prefix)

    @contextmanager
    def _counted(self, operation: str) -> Iterator[None]:
        try:
            yield
        except StorageError as error:
            self._tallies.count("storage_errors", operation=operation, error=type(error).__name__)
            raise
