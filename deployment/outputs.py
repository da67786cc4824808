"""Files that a workflow hands out: one object each, by number, stored before the result that lists them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypedDict

from deployment.attempt import Attempt
from storage import ObjectStore
from workflows import Output


class StoredOutput(TypedDict):
    """One entry of `outputs` in `result.json`; its object is named by its place in the list, from 1."""

    name: str
    media_type: str
    size: int
    sha256: str


def store_output(store: ObjectStore, attempt: Attempt, number: int, output: Output) -> StoredOutput:
    """Write one file, a block at a time; what another try has left under its name is replaced."""
    with output.open() as source:
        stored = store.put(attempt.output_key(number), source)
    return StoredOutput(name=output.name, media_type=output.media_type, size=stored.size, sha256=stored.sha256)


def open_output(store: ObjectStore, attempt: Attempt, number: int) -> io.BufferedReader:
    """The bytes of a file, to be closed by the caller; raises `storage.StorageError`."""
    return store.open(attempt.output_key(number))


def outputs_again(store: ObjectStore, attempt: Attempt, listed: list[StoredOutput]) -> Iterator[Output]:
    """The files of an earlier attempt as a workflow would hand them out, to be stored once more."""
    for number, output in enumerate(listed, 1):
        yield _EarlierOutput(output["name"], output["media_type"], Path(), store, attempt.output_key(number))


@dataclass(frozen=True)
class _EarlierOutput(Output):
    store: ObjectStore
    key: str

    def open(self) -> BinaryIO:
        return self.store.open(self.key)
