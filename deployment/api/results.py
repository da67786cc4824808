"""Reading the results of a run from the storage, for a reply."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from deployment.attempt import Attempt
from deployment.models import Execution, ExecutionFile, FileStatus
from deployment.results import StoredResult, read_result
from storage import NotFound, ObjectStore

READERS = 8
"""Results that one reply reads at once."""
Read = tuple[StoredResult | None, str | None]
"""A result, or why there is none."""


def read_results(store: ObjectStore, execution: Execution, files: Sequence[ExecutionFile] | None = None) -> list[Read]:
    """One for each of `files`, or of all, in their order; raises `storage.StorageError` if they are out of reach.

    Several are read at once: at 20 ms each, the 32 results of a run take 0.1 s instead of 0.8.
    """
    read, wanted = partial(_read, store, execution), execution.files if files is None else files
    if len(wanted) == 1:
        return [read(wanted[0])]
    with ThreadPoolExecutor(READERS) as readers:
        return list(readers.map(read, wanted))


def _read(store: ObjectStore, execution: Execution, file: ExecutionFile) -> Read:
    if file.status != FileStatus.SUCCESS:
        return None, file.error or f"{file.status.lower()} before it was done"
    try:
        return read_result(store, Attempt(execution.id, file.id, file.attempt)), None
    except NotFound:
        return None, "its result was stored, and is not in the storage any more"
