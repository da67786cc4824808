"""A progress bar for each file of a run: sent, queued, in work, ended."""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import TracebackType
from typing import BinaryIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from deployment.models import Execution, FileStatus

STEPS = {FileStatus.WAITING: 1, FileStatus.QUEUED: 1, FileStatus.EXECUTING: 2}
"""How far a file has come, of three steps; being sent is the first."""
ENDED = 3
COLOURS = {FileStatus.SUCCESS: "green", FileStatus.FAILED: "red", FileStatus.STOPPED: "yellow"}


class FileBars:
    """Shown on standard error while the block runs; `quiet` shows nothing."""

    def __init__(self, names: Sequence[str], *, quiet: bool = False) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[status]}"),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=Console(stderr=True), disable=quiet)
        self._bars = [self._progress.add_task(escape(name), total=ENDED, status="sending") for name in names]

    def __enter__(self) -> FileBars:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def sending(self, index: int, source: BinaryIO) -> BinaryIO:
        """`source`, whose reading moves the bar of file `index` through its first step."""
        return _Sent(self._progress, self._bars[index], source)  # type: ignore[return-value]

    def show(self, execution: Execution) -> None:
        """Move the bars to where the files of `execution` stand."""
        for bar, file in zip(self._bars, execution.files, strict=True):
            status = FileStatus(file.status)
            colour = COLOURS.get(status)
            text = f"[{colour}]{status.lower()}[/]" if colour else status.lower()
            self._progress.update(bar, completed=STEPS.get(status, ENDED), status=text)


class _Sent:
    """A file that tells how much of it has been read."""

    def __init__(self, progress: Progress, bar: object, source: BinaryIO) -> None:
        self._progress, self._bar, self._source = progress, bar, source
        self._size = os.fstat(source.fileno()).st_size or 1

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._progress.update(self._bar, completed=self._source.tell() / self._size)  # type: ignore[arg-type]
        return data

    def __getattr__(self, name: str) -> object:
        return getattr(self._source, name)
