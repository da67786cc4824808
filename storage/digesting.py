"""A source that counts and hashes what is read from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from storage.object_store import Source, StoredObject


class DigestingReader:
    """`read(size)` gives less than `size` bytes only at the end, even if the source gives a little at a time."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._size = 0
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> StoredObject:
        """Size and hash of all that was read so far."""
        return StoredObject(self._size, self._hash.hexdigest())

    def read(self, size: int, /) -> bytes:
        return b"".join(self._blocks(size))

    def _blocks(self, size: int) -> Iterator[bytes]:
        while size > 0 and (block := self._source.read(size)):
            self._size += len(block)
            self._hash.update(block)
            size -= len(block)
            yield block
