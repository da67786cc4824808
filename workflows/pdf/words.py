"""The words of a page, with the places where they stand."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from ctypes import byref
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from workflows.pdf.turning import turned

RIGHT_ANGLES = {0, 90, 180, 270}
SPACES = {0, 9, 10, 13, 32, 0xA0}
WITHIN_WORD = 0.25
"""The widest gap within a word, in heights of its letters."""
OVERLAP = 1.0
"""Points by which letters may overlap."""
SAME_LINE = 0.3
"""How far the middles of two letters of a word may be apart, in their heights."""


@dataclass(slots=True)
class Box:
    """A text and its place in points: `x` to the right, `y` downwards, from an origin that is the page's own."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def take_in(self, other: Box, between: str = "") -> None:
        """Become the box of both."""
        self.text += between + other.text
        self.left, self.right = min(self.left, other.left), max(self.right, other.right)
        self.top, self.bottom = min(self.top, other.top), max(self.bottom, other.bottom)


@dataclass(frozen=True)
class Words:
    """The words of a page in the order of the file, and how many degrees the page is turned from how they are read."""

    words: list[Box]
    rotation: int


def words_of(page: pdfium.PdfPage) -> Words:
    """The words in the direction in which most of the page is written; others, such as along an axis, are left out."""
    text_page = page.get_textpage()
    try:
        codes = [pdfium_c.FPDFText_GetUnicode(text_page, index) for index in range(text_page.count_chars())]
        angles = [None if code in SPACES else _angle(text_page, index) for index, code in enumerate(codes)]
        upright = _most_common(angles)
        letters = (
            _box(text_page, index, chr(code), -upright % 360) if angle == upright else None
            for index, (code, angle) in enumerate(zip(codes, angles, strict=True))
        )
        return Words(_joined(letters), -upright % 360)
    finally:
        text_page.close()


def _joined(letters: Iterable[Box | None]) -> list[Box]:
    """Letters joined to words; None is where a word ends."""
    words: list[Box] = []
    open_word: Box | None = None
    for letter in letters:
        if letter is None:
            open_word = None
        elif open_word is not None and _continues(open_word, letter):
            open_word.take_in(letter)
        else:
            open_word = letter
            words.append(letter)
    return words


def _most_common(angles: Iterable[int | None]) -> int:
    counted = Counter(angle for angle in angles if angle in RIGHT_ANGLES)
    return max(counted, key=counted.__getitem__) if counted else 0


def _angle(text_page: pdfium.PdfTextPage, index: int) -> int:
    return round(math.degrees(pdfium_c.FPDFText_GetCharAngle(text_page, index))) % 360


def _box(text_page: pdfium.PdfTextPage, index: int, text: str, rotation: int) -> Box | None:
    found = pdfium_c.FS_RECTF()
    if not pdfium_c.FPDFText_GetLooseCharBox(text_page, index, byref(found)):
        return None
    (x1, y1), (x2, y2) = turned(rotation, found.left, found.bottom), turned(rotation, found.right, found.top)
    return Box(text, min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def _continues(word: Box, letter: Box) -> bool:
    near = -OVERLAP < letter.left - word.right < WITHIN_WORD * letter.height
    return near and abs(letter.middle[1] - word.middle[1]) < SAME_LINE * letter.height
