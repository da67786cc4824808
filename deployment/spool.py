"""Spooling: an upload passes once through an unlinked temporary file, hashed and counted on the way.

Unlinked, so that nothing is left behind, whatever dies; a file, so that memory stays flat whatever the size.
"""

from __future__ import annotations

import hashlib
import tempfile
from typing import Any, BinaryIO


class Spool:
    """A file that is written once, from start to end, and then read: what a form parser wants for a part."""

    def __init__(self) -> None:
        self._file: BinaryIO = tempfile.TemporaryFile(prefix="airlock-")  # noqa: SIM115
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        """Append bytes; `size` (bytes) and `sha256` (hex) follow."""
        self._hash.update(data)
        self.size += len(data)
        return self._file.write(data)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
