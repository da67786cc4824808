"""What `initdb` makes, made once for all processes of a run: a copy takes a tenth of the time."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Cluster:
    """Kept at `folder` by whoever needs it first; the others wait for that, and copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy_to(self, data: Path, make: Callable[[], None]) -> None:
        """Let `data` be what `make()` makes of it."""
        with _alone(self._folder.with_suffix(".lock")):
            if not self._folder.exists():
                make()
                self._keep(data)
                return
        _copy(self._folder, data)

    def _keep(self, data: Path) -> None:
        part = self._folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        _copy(data, part)
        part.rename(self._folder)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-Rp", source, target], check=True)  # with owner and mode, which PostgreSQL looks at
