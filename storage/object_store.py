"""What a store of objects does, whatever it is made of."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


class Source(Protocol):
    """Something to read bytes from; it need not be seekable."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class StoredObject:
    """What was written: `size` in bytes, `sha256` in hex, both computed on the way."""

    size: int
    sha256: str


class ObjectStore(Protocol):
    """Every method raises `StorageError`. One store may be used by many threads, and after a fork."""

    @property
    def address(self) -> str:
        """Where it is, for people; without credentials."""
        ...

    def put(self, key: str, source: Source) -> StoredObject:
        """Write all of `source` under `key`, visible only when it is complete; what was there is replaced."""
        ...

    def open(self, key: str) -> io.BufferedReader:
        """The object's bytes, to be closed by the caller; raises `NotFound`. Reading may raise, too."""
        ...

    def copy(self, source: str, key: str) -> None:
        """Write what is stored under the key `source` under `key`, too, as `put` does; raises `NotFound`."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys under `prefix`, which ends in `/`, or under "" for all; none is fine."""
        ...

    def delete_prefix(self, prefix: str) -> None:
        """Delete all under `prefix`, which ends in `/`, unfinished writes included; nothing there is fine.

        It deletes what it can before it raises the first error.
        """
        ...
