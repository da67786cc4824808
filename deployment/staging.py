"""Staging: the files of a run go into the store, before its seal.

They are uploaded, or fetched from elsewhere on the way, or copied from the inputs of an earlier run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from deployment import lifecycle
from deployment.models import Execution
from deployment.parts import Parts
from deployment.presigned import GIVEN_UP, Fetcher, FetchFailed, RemoteFile
from deployment.spool import Spool
from storage import NotFound, ObjectStore, names


@dataclass(frozen=True)
class Upload:
    """One spooled file. `name` is what the caller called it."""

    name: str
    spool: Spool

    @property
    def size(self) -> int:
        return self.spool.size

    @property
    def sha256(self) -> str:
        return self.spool.sha256

    @property
    def identity(self) -> tuple[str, str]:
        """What tells it from other files, for a request that is sent again."""
        return self.name, self.sha256


@dataclass(frozen=True)
class StoredInput:
    """An input that the run `execution_id` has kept, as its row says: `size` in bytes, `sha256` in hex."""

    name: str
    size: int
    sha256: str
    execution_id: UUID
    ordinal: int

    @property
    def key(self) -> str:
        return names.input_key(self.execution_id, self.ordinal)

    @property
    def identity(self) -> tuple[str, str]:
        return self.name, self.key


File = Upload | RemoteFile | StoredInput


class InputGone(Exception):
    """An input of an earlier run was deleted before it was copied."""

    def __init__(self, file: StoredInput) -> None:
        super().__init__(f"{file.name!r}: execution {file.execution_id} does not keep its inputs any more")


def stage(parts: Parts, execution: Execution, files: Sequence[File], *, wanted: Callable[[], bool]) -> None:
    """Store every file, in order; raises `FetchFailed`, `InputGone`, `StorageError`, or what the database says.

    `wanted` says whether the run is still waited for; a fetch is given up as soon as it is not.
    """
    for ordinal, file in enumerate(files):
        if isinstance(file, Upload):
            file.spool.seek(0)
            parts.store.put(names.input_key(execution.id, ordinal), file.spool)
        elif isinstance(file, StoredInput):
            _copy(parts.store, file, names.input_key(execution.id, ordinal))
    remote = {ordinal: file for ordinal, file in enumerate(files) if isinstance(file, RemoteFile)}
    if remote:
        uploaded = sum(file.size for file in files if isinstance(file, Upload))
        _fetch(parts, execution, remote, uploaded, wanted)


def _copy(store: ObjectStore, file: StoredInput, key: str) -> None:
    try:
        store.copy(file.key, key)
    except NotFound as error:
        raise InputGone(file) from error


def _fetch(
    parts: Parts, execution: Execution, remote: dict[int, RemoteFile], uploaded: int, wanted: Callable[[], bool]
) -> None:
    policy = parts.policy
    with Fetcher(policy.presigned_hosts, policy.max_upload_bytes, uploaded, wanted) as fetcher:
        for ordinal, file in remote.items():
            stored = fetcher.fetch(file.url, parts.store, names.input_key(execution.id, ordinal))
            with parts.database.writing() as session:
                row = execution.files[ordinal]
                noted = lifecycle.fetched(session, row, stored.size, stored.sha256, str(file.url))
            if not noted:
                raise FetchFailed(file.url, GIVEN_UP)
