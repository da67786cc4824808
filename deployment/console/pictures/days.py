"""What was used, day by day: bars for executions and for pages, beside the sums of all days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

WIDTH, HEIGHT, GAP = 480, 70, 3
SHOWN = ("executions", "files", "pages", "bytes", "seconds")


@dataclass(frozen=True)
class Day:
    """A bar for each of the two; `told` says it in words."""

    x: float
    width: float
    executions: float
    pages: float
    told: str


@dataclass(frozen=True)
class Days:
    """The picture; heights are in units of it. `sums` are of all days."""

    days: list[Day]
    most: dict[str, int]
    sums: dict[str, float]
    first: date
    width: int = WIDTH
    height: int = HEIGHT


def days(usage: Sequence[dict[str, Any]], first: date, count: int) -> Days:
    """`usage` has a row for each day on which something was used."""
    by_day = {_as_date(row["day"]): row for row in usage}
    sums = {name: sum(row[name] for row in usage) for name in SHOWN}
    most = {name: max([int(row[name]) for row in usage] + [1]) for name in ("executions", "pages")}
    step = WIDTH / count
    bars = []
    for place in range(count):
        day = first + timedelta(days=place)
        row = by_day.get(day, {"executions": 0, "pages": 0})
        heights = {name: round(row[name] / most[name] * HEIGHT, 1) for name in most}
        told = f"{day:%Y-%m-%d}: {row['executions']} executions, {row['pages']} pages"
        bars.append(Day(round(place * step, 1), round(step - GAP, 1), heights["executions"], heights["pages"], told))
    return Days(bars, most, sums, first)


def _as_date(day: Any) -> date:
    return day if isinstance(day, date) else date.fromisoformat(str(day))
