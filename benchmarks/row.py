"""One line of a benchmark: a figure, the floor or peer that was measured in the same run, their ratio, and its bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

HEAD = ("what", "measured", "beside", "measured", "ratio", "bar")


@dataclass(frozen=True)
class Row:
    """`figure` and `floor` are in `unit`. `bar` is the most that their ratio may be; None: it is told, not held."""

    what: str
    figure: float
    beside: str
    floor: float
    unit: str
    bar: float | None = None

    @property
    def ratio(self) -> float:
        return self.figure / self.floor

    @property
    def holds(self) -> bool:
        return self.bar is None or self.ratio <= self.bar

    def told(self) -> dict[str, Any]:
        """For `--json`."""
        return {**self.__dict__, "ratio": self.ratio, "holds": self.holds}

    def cells(self) -> tuple[str, ...]:
        """For the table, under `HEAD`."""
        bar = "" if self.bar is None else f"{'holds' if self.holds else 'BROKEN'}: at most {_ratio(self.bar)}"
        return self.what, self._amount(self.figure), self.beside, self._amount(self.floor), _ratio(self.ratio), bar

    def _amount(self, figure: float) -> str:
        return f"{figure:,.{0 if figure >= 100 else 2}f} {self.unit}"


def table(rows: Sequence[Row]) -> str:
    """The rows in columns, which are Markdown too."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(f"| {' | '.join(map(str.ljust, line, widths))} |" for line in lines)


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2%}"
