"""Tables that nobody has drawn: lines one below the other, whose pieces stand in columns.

A column is where, in all but a few of the lines, something stands; between two columns there is a gap. What fills
its columns to the margin, line after line, is text set in columns, and no table.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator

from workflows.pdf.words import Box
from workflows.tables.lines import Line, lines_of, pieces_of

FAR = 2.5
"""The space between two lines that ends a table, in heights of a letter."""
SINGLES = 2
"""Lines of one piece, such as a heading in the table or the rest of a long cell, that may follow each other."""
MIN_LINES = 3
"""Lines of several pieces that make a table: two may be anything."""
CROSSED = 0.25
"""The share of lines, such as headings over several columns, that may run across the gap between two columns."""
FEW_COLUMNS, WIDE_COLUMN, FULL = 3, 120, 0.75
"""Text is set in few columns, one of them wider than so many points, and fills each of them to this share."""

Columns = list[tuple[float, float]]


def unruled_tables(words: Iterable[Box]) -> Iterator[tuple[list[Line], Columns]]:
    """The lines of each table, in pieces, and its columns from left to right."""
    for block in _blocks(map(pieces_of, lines_of(words))):
        several = [line for line in block if len(line) > 1]
        if len(several) < MIN_LINES:
            continue
        columns = _columns(several)
        if len(columns) > 1 and not _is_prose(block, columns):
            yield block, columns


def rows_of(block: Iterable[Line], columns: Columns) -> Iterator[list[str]]:
    """A row for each line; a piece that runs across several columns stands in the one that it covers most."""
    for line in block:
        row = [""] * len(columns)
        for piece in line:
            at = max(range(len(columns)), key=lambda index: _overlap(piece, columns[index]))
            row[at] = f"{row[at]} {piece.text}".strip()
        yield row


def _blocks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Runs of lines that are near each other, and mostly have several pieces; the first and the last one have."""
    block: list[Line] = []
    singles = 0
    for line in lines:
        singles = singles + 1 if len(line) == 1 else 0
        if block and (singles > SINGLES or _is_far(block[-1], line)):
            yield _trimmed(block)
            block = []
        if block or len(line) > 1:
            block.append(line)
    yield _trimmed(block)


def _is_far(above: Line, below: Line) -> bool:
    gap = min(piece.top for piece in below) - max(piece.bottom for piece in above)
    return gap > FAR * max(piece.height for piece in below)


def _trimmed(block: list[Line]) -> list[Line]:
    while block and len(block[-1]) == 1:
        block.pop()
    return block


def _columns(lines: list[Line]) -> Columns:
    """Where more than a few of the lines have something; pieces of one line never overlap."""
    edges: Counter[float] = Counter()
    for line in lines:
        for piece in line:
            edges[piece.left] += 1
            edges[piece.right] -= 1
    columns: Columns = []
    covering, start = 0, None
    for edge in sorted(edges):
        covering += edges[edge]
        if covering > CROSSED * len(lines):
            start = edge if start is None else start
        elif start is not None:
            columns.append((start, edge))
            start = None
    return columns


def _is_prose(block: Iterable[Line], columns: Columns) -> bool:
    if len(columns) > FEW_COLUMNS or max(right - left for left, right in columns) <= WIDE_COLUMN:
        return False
    shares: list[list[float]] = [[] for _ in columns]
    for line in block:
        for piece in line:
            for column, filled in zip(columns, shares, strict=True):
                if (overlap := _overlap(piece, column)) > 0:
                    filled.append(overlap / (column[1] - column[0]))
    return min(statistics.median(filled) for filled in shares) > FULL


def _overlap(piece: Box, column: tuple[float, float]) -> float:
    return min(piece.right, column[1]) - max(piece.left, column[0])
