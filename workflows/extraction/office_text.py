"""The text of a part of an Office file, paragraph by paragraph; a table's cells stand between tabs."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from workflows.extraction.office import local

LEFT_OUT = {"moveFrom", "Fallback", "pPr"}
"""What stands elsewhere by now, the second copy of a shape for old readers, and where tab stops are."""
FURNITURE = {"sldNum", "ftr", "hdr", "dt", "sldImg"}
"""Placeholders that say the same on every slide."""
SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
ENDS = {"tc": "\t", "tr": "\n"}
BEFORE_TAB = re.compile(r"(?<! ) +\t")
"""From the first of the blanks: else each of a million blanks would be tried as the first one."""


def text_of(root: Any) -> str:
    """All text below an element, in the order of the file."""
    pieces: list[str] = []
    cells = 0
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        name = local(element)
        if event == "end":
            cells -= name == "tc"
            pieces.append(ENDS.get(name) or _after_paragraph(name, cells))
        elif name in LEFT_OUT or (name == "sp" and is_placeholder(element, FURNITURE)):
            walk.skip_subtree()
        else:
            cells += name == "tc"
            pieces.append(_said_by(element, name))
    return BEFORE_TAB.sub("\t", "".join(pieces))


def is_placeholder(shape: Any, kinds: set[str]) -> bool:
    """Whether a shape of a slide stands in for one of these kinds, such as `title`."""
    return any(mark.get("type") in kinds for mark in shape.iterfind("./{*}nvSpPr/{*}nvPr/{*}ph"))


def _said_by(element: Any, name: str) -> str:
    if name == "t":
        return element.text or ""
    return SIGNS.get(name, "")


def _after_paragraph(name: str, cells: int) -> str:
    if name != "p":
        return ""
    return " " if cells else "\n"
