"""How many runs were accepted in each hour of a day, by what has become of them: stacked bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDTH, HEIGHT, GAP = 480, 110, 3
COLORS = (("COMPLETED", "success"), ("ERROR", "danger"), ("STOPPED", "secondary"))
"""From the bottom up; what is live comes on top."""


@dataclass(frozen=True)
class Piece:
    """A part of a bar."""

    y: float
    height: float
    color: str


@dataclass(frozen=True)
class Hour:
    """A bar, with its words."""

    x: float
    width: float
    pieces: list[Piece]
    label: str
    told: str


@dataclass(frozen=True)
class Throughput:
    """The picture; `most` is what its height stands for."""

    hours: list[Hour]
    most: int
    width: int = WIDTH
    height: int = HEIGHT


def throughput(counts: Sequence[dict[str, int]], now: datetime) -> Throughput:
    """`counts` has a dictionary by status for each hour, the last one for the hour of `now`."""
    most = max([sum(hour.values()) for hour in counts] + [1])
    step = WIDTH / len(counts)
    began = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=len(counts) - 1)
    hours = []
    for index, hour in enumerate(counts):
        label = f"{began + timedelta(hours=index):%H}"
        hours.append(Hour(round(index * step, 1), round(step - GAP, 1), _pieces(hour, most), label, _told(label, hour)))
    return Throughput(hours, most)


def _pieces(hour: dict[str, int], most: int) -> list[Piece]:
    ended = [(hour.get(status, 0), color) for status, color in COLORS]
    live = sum(hour.values()) - sum(count for count, _ in ended)
    top, pieces = float(HEIGHT), []
    for count, color in [*ended, (live, "primary")]:
        if count:
            height = count / most * HEIGHT
            top -= height
            pieces.append(Piece(round(top, 1), round(height, 1), color))
    return pieces


def _told(label: str, hour: dict[str, int]) -> str:
    parts = ", ".join(f"{count} {status}" for status, count in sorted(hour.items()) if count)
    return f"{label}:00 UTC: {parts or 'none'}"
