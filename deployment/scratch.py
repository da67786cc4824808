"""The folder in which a work-horse keeps its document: gone with the work, whoever is killed.

Its owner holds a lock on it, which the kernel lets go of when the owner dies. So what nobody holds is nobody's, also
where several machines or containers share one temporary folder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "airlock-work-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder that only this user can read, until the block ends."""
    folder, lock = _own()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # what still writes there is killed, and swept away, with its parent
        os.close(lock)


def sweep() -> None:
    """Delete the folders whose owners are dead."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = _lock(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _own() -> tuple[Path, int]:
    """A folder and its lock; another one, if somebody has swept this one away before it was locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = _lock(folder)
        if lock is not None:
            if folder.exists():
                return folder, lock
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """A descriptor that holds it, or None where somebody else does, or it is another user's, or gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
