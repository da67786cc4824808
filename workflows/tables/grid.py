"""A grid of lines on a page, whose cells hold the words between them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from workflows.pdf.rulings import Ruling
from workflows.pdf.words import Box
from workflows.tables.lines import lines_of

NEAR = 3.0
"""Points between two lines that are meant as one, or between a line's end and the line that it should touch."""
MIN_FILLED = 4
UNDIVIDED = 0.5
"""The share of rows with a single filled cell above which a grid is a box around something, not its cells."""


@dataclass
class Grid:
    """`xs` and `ys` are where its columns and rows begin and end. Cells with no line between them are one."""

    across: dict[float, list[Ruling]] = field(default_factory=dict)
    down: dict[float, list[Ruling]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.xs, self.ys = sorted(self.down), sorted(self.across)
        self._first: dict[tuple[int, int], tuple[int, int]] = {}

    @property
    def has_cells(self) -> bool:
        """Whether there are enough lines in both directions for a table."""
        return len(self.xs) > 1 and len(self.ys) > 1 and (len(self.xs) - 1) * (len(self.ys) - 1) >= MIN_FILLED

    def holds(self, word: Box) -> bool:
        """Whether the word stands within the outermost lines."""
        x, y = word.middle
        return self.xs[0] <= x < self.xs[-1] and self.ys[0] <= y < self.ys[-1]

    def rows(self, words: Iterable[Box]) -> list[list[str]]:
        """The words that it holds by row and column; a cell that spans several has its text in the first one."""
        held: dict[tuple[int, int], list[Box]] = {}
        for word in words:
            held.setdefault(self._cell(word), []).append(word)
        rows = [[""] * (len(self.xs) - 1) for _ in self.ys[1:]]
        for (row, column), inside in held.items():
            rows[row][column] = " ".join(word.text for line in lines_of(inside) for word in line)
        return _without_empty(rows)

    def _cell(self, word: Box) -> tuple[int, int]:
        """The first cell, by rows, of those that are one with the cell where the word stands."""
        x, y = word.middle
        start = bisect_right(self.ys, y) - 1, bisect_right(self.xs, x) - 1
        if start not in self._first:
            found = self._joined(start)
            self._first.update(dict.fromkeys(found, min(found)))
        return self._first[start]

    def _joined(self, start: tuple[int, int]) -> set[tuple[int, int]]:
        found, left = {start}, [start]
        while left:
            for cell in self._open_neighbours(*left.pop()):
                if cell not in found:
                    found.add(cell)
                    left.append(cell)
        return found

    def _open_neighbours(self, row: int, column: int) -> Iterator[tuple[int, int]]:
        xs, ys = self.xs, self.ys
        x, y = (xs[column] + xs[column + 1]) / 2, (ys[row] + ys[row + 1]) / 2
        if column > 0 and not _covers(self.down[xs[column]], y):
            yield row, column - 1
        if column + 2 < len(xs) and not _covers(self.down[xs[column + 1]], y):
            yield row, column + 1
        if row > 0 and not _covers(self.across[ys[row]], x):
            yield row - 1, column
        if row + 2 < len(ys) and not _covers(self.across[ys[row + 1]], x):
            yield row + 1, column


def is_table(rows: list[list[str]]) -> bool:
    """Whether what stands in a grid is one: not a frame around a text, nor a box with a line or two in it."""
    if len(rows) < 2 or len(rows[0]) < 2:
        return False
    filled = [sum(map(bool, row)) for row in rows]
    undivided = len(rows[0]) > 2 and filled.count(1) > UNDIVIDED * len(rows)
    return sum(filled) >= MIN_FILLED and not undivided


def is_within(line: Ruling, place: float) -> bool:
    """Whether the line reaches a place along its direction."""
    return line.start - NEAR <= place <= line.end + NEAR


def _covers(lines: list[Ruling], place: float) -> bool:
    return any(is_within(line, place) for line in lines)


def _without_empty(rows: list[list[str]]) -> list[list[str]]:
    full = [row for row in rows if any(row)]
    columns = [index for index in range(len(rows[0])) if any(row[index] for row in full)]
    return [[row[index] for index in columns] for row in full]
