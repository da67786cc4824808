"""How long the newest runs took, from accept to end: a dot for each, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from deployment.console.words import COLORS, duration
from deployment.models import Execution

WIDTH, HEIGHT = 480, 110
LINES = (0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 86400.0)
"""Seconds at which there may be a line."""


@dataclass(frozen=True)
class Dot:
    """A run."""

    x: float
    y: float
    color: str
    told: str
    execution: Execution


@dataclass(frozen=True)
class Line:
    """A duration to compare with."""

    y: float
    label: str


@dataclass(frozen=True)
class Durations:
    """The picture. `median` and `slowest` (of twenty) are in seconds; None without a run."""

    dots: list[Dot]
    lines: list[Line]
    median: float | None
    slowest: float | None
    width: int = WIDTH
    height: int = HEIGHT


def durations(newest: Sequence[Execution]) -> Durations:
    """The newest run stands on the right."""
    runs = [run for run in reversed(newest) if run.ended_at]
    took = [max((run.ended_at - run.created_at).total_seconds(), 0.01) for run in runs if run.ended_at]
    if not took:
        return Durations([], [], None, None)
    low, high = math.log10(min(took) / 1.5), math.log10(max(took) * 1.5)
    step = WIDTH / len(took)

    def y(seconds: float) -> float:
        return round(HEIGHT - (math.log10(seconds) - low) / (high - low) * HEIGHT, 1)

    dots = [
        Dot(round((place + 0.5) * step, 1), y(seconds), COLORS[run.status], f"{run.status} in {duration(seconds)}", run)
        for place, (run, seconds) in enumerate(zip(runs, took, strict=True))
    ]
    lines = [Line(y(each), duration(each)) for each in LINES if low < math.log10(each) < high]
    ordered = sorted(took)
    return Durations(dots, lines, ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)])
