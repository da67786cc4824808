"""Words put together to the lines of a page, and to the pieces of a line that stand apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workflows.pdf.words import Box

SAME_LINE = 0.5
"""How far the middle of a word may be from that of its line, in heights of the word."""
APART = 1.0
"""The gap that parts two pieces of a line, in heights of the lower one; one between words is a third of it."""

Line = list[Box]


def lines_of(words: Iterable[Box]) -> list[Line]:
    """The words by lines, from the top, each from the left."""
    lines: list[tuple[float, Line]] = []
    for word in sorted(words, key=lambda word: word.middle[1]):
        middle = word.middle[1]
        if lines and middle - lines[-1][0] < SAME_LINE * word.height:
            lines[-1][1].append(word)
        else:
            lines.append((middle, [word]))
    return [sorted(line, key=lambda word: word.left) for _, line in lines]


def pieces_of(line: Line) -> Line:
    """The line with its words joined, except where there is a gap as between columns."""
    pieces: Line = []
    for word in line:
        if pieces and word.left - pieces[-1].right < APART * min(word.height, pieces[-1].height):
            pieces[-1].take_in(word, between=" ")
        else:
            pieces.append(replace(word))
    return pieces
