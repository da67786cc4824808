"""Staging: the files of a run go into the store, before its seal; those that are elsewhere are fetched on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deployment import lifecycle
from deployment.models import Execution
from deployment.parts import Parts
from deployment.presigned import Fetcher, RemoteFile
from deployment.spool import Spool
from storage import names


@dataclass(frozen=True)
class Upload:
    """One spooled file. `name` is what the caller called it."""

    name: str
    spool: Spool


def stage(
    parts: Parts, execution: Execution, files: Sequence[Upload | RemoteFile], *, wanted: Callable[[], bool]
) -> None:
    """Store every file, in order; raises `FetchFailed`, `StorageError`, or what the database says.

    `wanted` says whether the run is still waited for; a fetch is given up as soon as it is not.
    """
    for ordinal, file in enumerate(files):
        if isinstance(file, Upload):
            file.spool.seek(0)
            parts.store.put(names.input_key(execution.id, ordinal), file.spool)
    remote = {ordinal: file for ordinal, file in enumerate(files) if isinstance(file, RemoteFile)}
    if remote:
        uploaded = sum(file.spool.size for file in files if isinstance(file, Upload))
        _fetch(parts, execution, remote, uploaded, wanted)


def _fetch(
    parts: Parts, execution: Execution, remote: dict[int, RemoteFile], uploaded: int, wanted: Callable[[], bool]
) -> None:
    policy = parts.policy
    with Fetcher(policy.presigned_hosts, policy.max_upload_bytes, uploaded, wanted) as fetcher:
        for ordinal, file in remote.items():
            stored = fetcher.fetch(file.url, parts.store, names.input_key(execution.id, ordinal))
            with parts.database.writing() as session:
                lifecycle.fetched(session, execution.files[ordinal], stored.size, stored.sha256, str(file.url))
