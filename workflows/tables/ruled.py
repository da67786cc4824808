"""Tables that are drawn: lines that cross each other, directly or by way of others, make a grid."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.pdf.rulings import Ruling, Rulings
from workflows.tables.grid import NEAR, Grid, is_within

MAX_CROSSINGS = 2_000_000
"""Pairs of lines that are looked at. A drawing may have more; a table on one page never has."""


class TooManyLines(Exception):
    """The page holds a drawing, not a table."""


def grids_of(rulings: Rulings) -> list[Grid]:
    """The grids of a page; raises `TooManyLines`."""
    across, down = _joined(rulings.across), _joined(rulings.down)
    if len(across) * len(down) > MAX_CROSSINGS:
        raise TooManyLines
    return [grid for grid in _connected(across, down) if grid.has_cells]


def _joined(lines: list[Ruling]) -> list[Ruling]:
    """Lines in one place made one, and those that go on where another one ends."""
    by_place: dict[float, list[Ruling]] = {}
    snapped = _snapped({line.at for line in lines})
    for line in lines:
        by_place.setdefault(snapped[line.at], []).append(line)
    return [line for place, same in by_place.items() for line in _chained(place, same)]


def _snapped(places: set[float]) -> dict[float, float]:
    """For each place the mean of those that are near it, and near each other."""
    groups: list[list[float]] = []
    for place in sorted(places):
        if groups and place - groups[-1][-1] <= NEAR:
            groups[-1].append(place)
        else:
            groups.append([place])
    return {place: sum(group) / len(group) for group in groups for place in group}


def _chained(place: float, lines: list[Ruling]) -> Iterator[Ruling]:
    lines = sorted(lines, key=lambda line: line.start)
    start, end = lines[0].start, lines[0].end
    for line in lines[1:]:
        if line.start > end + NEAR:
            yield Ruling(start, end, place)
            start, end = line.start, line.end
        end = max(end, line.end)
    yield Ruling(start, end, place)


def _connected(across: list[Ruling], down: list[Ruling]) -> Iterator[Grid]:
    """Lines that cross or touch, directly or by way of others, are of one grid."""
    touching = [[index for index, other in enumerate(down) if _touch(line, other)] for line in across]
    crossed: list[list[int]] = [[] for _ in down]
    for index, others in enumerate(touching):
        for other in others:
            crossed[other].append(index)
    seen: set[int] = set()
    for index in range(len(across)):
        if index not in seen:
            rows, columns = _reached(index, touching, crossed)
            seen |= rows
            yield Grid(_by_place(across, rows), _by_place(down, columns))


def _reached(start: int, touching: list[list[int]], crossed: list[list[int]]) -> tuple[set[int], set[int]]:
    rows, columns, left = {start}, set[int](), [start]
    while left:
        for column in touching[left.pop()]:
            if column not in columns:
                columns.add(column)
                new = set(crossed[column]) - rows
                rows |= new
                left += new
    return rows, columns


def _by_place(lines: list[Ruling], chosen: set[int]) -> dict[float, list[Ruling]]:
    found: dict[float, list[Ruling]] = {}
    for index in chosen:
        found.setdefault(lines[index].at, []).append(lines[index])
    return found


def _touch(line: Ruling, other: Ruling) -> bool:
    return is_within(line, other.at) and is_within(other, line.at)
