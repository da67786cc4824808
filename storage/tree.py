"""Walking, removing and syncing folders while others write in them: what has vanished is no error."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

STILL_IN_USE = {errno.ENOTEMPTY, errno.EEXIST}


def files(folder: Path) -> Iterator[Path]:
    """All files below `folder`, in the order of their names; none if it is not there."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from files(Path(entry))
        else:
            yield Path(entry)


def remove(folder: Path) -> list[OSError]:
    """Remove `folder` and all in it, as far as possible; return what went wrong."""
    failures: list[OSError] = []
    for parent, _, names in os.walk(folder, topdown=False, onerror=failures.append):
        for name in names:
            _try(Path(parent, name).unlink, failures)
        _try(Path(parent).rmdir, failures)
    return [error for error in failures if not isinstance(error, FileNotFoundError)]


def prune(folder: Path, root: Path) -> None:
    """Remove `folder` and those above it, below `root`, as long as they are empty."""
    while folder != root:
        try:
            folder.rmdir()
        except FileNotFoundError:
            pass
        except OSError:
            return
        folder = folder.parent


def sync(folder: Path, root: Path) -> None:
    """Bring the entries of `folder`, of those above it up to `root`, and of root's parent to the disk."""
    for place in (folder, *folder.parents):
        _sync(place)
        if place == root.parent:
            return


def _sync(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _try(removal: Callable[[], None], failures: list[OSError]) -> None:
    try:
        removal()
    except FileNotFoundError:
        pass
    except OSError as error:
        if error.errno not in STILL_IN_USE:
            failures.append(error)
