"""The straight lines that are drawn on a page, of which the frames of tables are made."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from workflows.pdf.objects import Matrix, objects_of
from workflows.pdf.turning import turned

THIN = 3.0
"""Points. A rectangle that is no wider is a line; a line that is no longer is none."""
STRAIGHT = 1.0
"""Points by which a line may lean."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ruling:
    """From `start` to `end` along its direction, `at` across it, in points as a reader sees the page."""

    start: float
    end: float
    at: float


@dataclass
class Rulings:
    """The lines of a page by direction."""

    across: list[Ruling] = field(default_factory=list)
    down: list[Ruling] = field(default_factory=list)

    def add(self, one: Point, other: Point) -> None:
        """Take a line from one point to the other, if it is one of either direction."""
        (x1, x2), (y1, y2) = sorted((one[0], other[0])), sorted((one[1], other[1]))
        if y2 - y1 < STRAIGHT and x2 - x1 > THIN:
            self.across.append(Ruling(x1, x2, (y1 + y2) / 2))
        elif x2 - x1 < STRAIGHT and y2 - y1 > THIN:
            self.down.append(Ruling(y1, y2, (x1 + x2) / 2))


def rulings_of(page: pdfium.PdfPage, rotation: int) -> Rulings:
    """All of them, the edges of rectangles included, as those of shaded cells; turned like the words of the page."""
    found = Rulings()
    for path, matrix in objects_of(page, pdfium_c.FPDF_PAGEOBJ_PATH):
        filled, stroked = _draw_mode(path)
        for outline in _outlines(path, matrix) if filled or stroked else ():
            for one, other in _lines(outline, filled):
                found.add(turned(rotation, *one), turned(rotation, *other))
    return found


def _draw_mode(path: Any) -> tuple[bool, bool]:
    """Whether it is filled, and whether it is stroked."""
    filled, stroked = ctypes.c_int(), ctypes.c_int()
    pdfium_c.FPDFPath_GetDrawMode(path, ctypes.byref(filled), ctypes.byref(stroked))
    return bool(filled.value), bool(stroked.value)


def _outlines(path: Any, matrix: Matrix) -> Iterator[list[Point]]:
    """The straight parts of a path as chains of points."""
    chain: list[Point] = []
    for index in range(pdfium_c.FPDFPath_CountSegments(path)):
        segment = pdfium_c.FPDFPath_GetPathSegment(path, index)
        if pdfium_c.FPDFPathSegment_GetType(segment) != pdfium_c.FPDF_SEGMENT_LINETO and chain:
            yield chain
            chain = []
        chain.append(_point(segment, matrix))
        if pdfium_c.FPDFPathSegment_GetClose(segment):
            chain.append(chain[0])
    if chain:
        yield chain


def _lines(chain: Sequence[Point], filled: bool) -> Iterator[tuple[Point, Point]]:
    """What a reader sees as lines: the sides, or, of a bar that is as thin as a line, its middle."""
    (left, right), (low, high) = _span(x for x, _ in chain), _span(y for _, y in chain)
    if right - left < THIN < high - low:
        yield ((left + right) / 2, low), ((left + right) / 2, high)
    elif high - low < THIN < right - left:
        yield (left, (low + high) / 2), (right, (low + high) / 2)
    else:
        yield from pairwise(chain)
        if filled:
            yield chain[-1], chain[0]


def _span(values: Iterator[float]) -> tuple[float, float]:
    listed = list(values)
    return min(listed), max(listed)


def _point(segment: Any, matrix: Matrix) -> Point:
    x, y = ctypes.c_float(), ctypes.c_float()
    pdfium_c.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
    a, b, c, d, e, f = matrix
    return x.value * a + y.value * c + e, x.value * b + y.value * d + f
