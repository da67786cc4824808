"""The bytes of an opened object, whose errors while reading are `StorageError`s, too."""

from __future__ import annotations

import io
from typing import Any

from storage.translation import translated

BUFFER_BYTES = 256 * 1024


def opened(source: Any, key: str) -> io.BufferedReader:
    """`source`, a file or an HTTP response, as a stream to read; closing it gives back the connection."""
    return io.BufferedReader(_Body(source, key), BUFFER_BYTES)


class _Body(io.RawIOBase):
    def __init__(self, source: Any, key: str) -> None:
        self._source, self._key = source, key

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        target = memoryview(buffer).cast("B")
        with translated("read", self._key):
            data = self._source.read(len(target))
        target[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
            if hasattr(self._source, "release_conn"):
                self._source.release_conn()
        super().close()
