"""The folder in which a work-horse keeps its document: gone with the work, also where the work-horse is killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder that only this user can read, until the block ends."""
    with tempfile.TemporaryDirectory(prefix=_prefix(os.getpid())) as folder:
        yield Path(folder)


def remove_left_by(pid: int) -> None:
    """Delete what a dead process has left; it is still to be waited for, so that nobody else has its number."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_prefix(pid)}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _prefix(pid: int) -> str:
    return f"airlock-{pid}-"
