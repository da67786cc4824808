"""Objects as files in a local folder. A file appears under its name only when it is complete and on the disk."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from storage import tree
from storage.body import opened
from storage.digesting import DigestingReader
from storage.errors import raise_first
from storage.keys import checked_key, checked_prefix
from storage.object_store import Source, StoredObject
from storage.translation import translate, translated

BLOCK_BYTES = 1024 * 1024
TRIES = 100
"""How often a folder may vanish, by a deletion at the same time, before a file could be opened in it."""


class FolderStore:
    """An `ObjectStore` in the folder `root`, which is made when the first object is written."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def address(self) -> str:
        return str(self._root)

    def put(self, key: str, source: Source) -> StoredObject:
        path = self._root / checked_key(key, "write")
        reader = DigestingReader(source)
        with translated("write", key):
            self._write(path, reader)
        return reader.digest

    def open(self, key: str) -> io.BufferedReader:
        path = self._root / checked_key(key, "read")
        with translated("read", key):
            return opened(path.open("rb", buffering=0), key)

    def copy(self, source: str, key: str) -> None:
        checked_key(key, "write")
        with self.open(source) as content:
            self.put(key, content)

    def keys(self, prefix: str) -> Iterator[str]:
        folder = self._root / (checked_prefix(prefix, "list") if prefix else "")
        with translated("list", prefix or self.address):
            for path in tree.files(folder):
                if not path.name.startswith("."):
                    yield path.relative_to(self._root).as_posix()

    def delete_prefix(self, prefix: str) -> None:
        folder = self._root / checked_prefix(prefix, "delete")
        failures = tree.remove(folder)
        tree.prune(folder.parent, self._root)
        raise_first([translate(error, "delete", prefix) for error in failures])

    def _write(self, path: Path, reader: DigestingReader) -> None:
        temporary, target = _temporary_beside(path)
        try:
            with target:
                while block := reader.read(BLOCK_BYTES):
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            temporary.replace(path)
            tree.sync(path.parent, self._root)
        finally:
            temporary.unlink(missing_ok=True)


def _temporary_beside(path: Path) -> tuple[Path, BinaryIO]:
    """In the same folder: one that a killed process left over goes when its prefix is deleted."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    for _ in range(TRIES):
        with suppress(FileNotFoundError, FileExistsError):
            path.parent.mkdir(parents=True, exist_ok=True)
            return temporary, temporary.open("xb")
    path.parent.mkdir(parents=True, exist_ok=True)
    return temporary, temporary.open("xb")
