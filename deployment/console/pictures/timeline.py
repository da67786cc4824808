"""The life of an execution as a picture: its states, and each attempt at each file, on one scale of time.

What happened to a file, and when, is in the log of the run; a file's row knows its last attempt alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from deployment.console.words import duration
from deployment.models import Execution, ExecutionFile, ExecutionStatus, FileStatus, LogLine

WIDTH = 1000
LEAST = 3
"""Units of the picture that a bar has at least, so that one can see it."""
ENDS = {
    "Succeeded": "success",
    "Failed": "danger",
    "Worker lost": "warning",
    "Handed back": "secondary",
    "Attempt": "warning",
}
"""How the line begins that ends an attempt, and the colour of what it says."""


@dataclass(frozen=True)
class Bar:
    """A stretch of time, in units of the picture's width."""

    x: float
    width: float
    color: str
    told: str


@dataclass(frozen=True)
class Row:
    """One line of the picture."""

    name: str
    bars: list[Bar]


@dataclass(frozen=True)
class _Scale:
    start: datetime
    end: datetime

    def bar(self, start: datetime, end: datetime, color: str, what: str) -> Bar:
        whole = max((self.end - self.start).total_seconds(), 0.001)
        x = (start - self.start).total_seconds() / whole * WIDTH
        width = max((end - start).total_seconds() / whole * WIDTH, LEAST)
        return Bar(round(min(x, WIDTH - LEAST), 1), round(width, 1), color, f"{what}, {duration(end - start)}")


def timeline(execution: Execution, lines: Sequence[LogLine], now: datetime) -> list[Row]:
    """The run as a whole, then each of its files."""
    scale = _Scale(execution.created_at, execution.ended_at or now)
    of_file: dict[UUID | None, list[LogLine]] = defaultdict(list)
    for line in lines:
        of_file[line.file_id].append(line)
    whole = Row("The run", list(_phases(execution, scale)))
    return [whole, *(_row(file, of_file[file.id], scale) for file in execution.files)]


def _phases(execution: Execution, scale: _Scale) -> Iterator[Bar]:
    """Staged, waiting, worked on; the last one in the colour of its end."""
    ends = [execution.sealed_at, execution.started_at, scale.end]
    start = execution.created_at
    for end, color, what in zip(ends, ("info", "waiting", _color(execution)), PHASES, strict=True):
        until = end or scale.end
        yield scale.bar(start, until, color if end else _color(execution), what)
        start = until
        if end is None:
            return


PHASES = ("accepted, files are staged", "waiting for a worker", "worked on")


def _row(file: ExecutionFile, lines: Iterable[LogLine], scale: _Scale) -> Row:
    return Row(file.name or f"file {file.ordinal + 1}", list(_attempts(file, lines, scale)))


def _attempts(file: ExecutionFile, lines: Iterable[LogLine], scale: _Scale) -> Iterator[Bar]:
    """From each claim to the next line about the file."""
    began, number = None, 0
    for line in lines:
        if line.message.startswith("Claimed"):
            began, number = line.at, number + 1
        elif began is not None:
            color = next((ENDS[word] for word in ENDS if line.message.startswith(word)), "secondary")
            yield scale.bar(began, line.at, color, f"attempt {number}: {line.message[:200]}")
            began = None
    if began is not None:
        color = "primary" if file.status == FileStatus.EXECUTING else "secondary"
        yield scale.bar(began, file.ended_at or scale.end, color, f"attempt {number}: {file.status}")


def _color(execution: Execution) -> str:
    ends = {ExecutionStatus.COMPLETED: "success", ExecutionStatus.ERROR: "danger", ExecutionStatus.STOPPED: "secondary"}
    return ends.get(ExecutionStatus(execution.status), "primary")
