"""Text files: how they are encoded, and how much there is in them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from workflows.decoding import MARKS, decode
from workflows.extraction.content import Limits, whole
from workflows.info.facts import Facts

ENDS = {"\r\n": "crlf", "\n": "lf", "\r": "cr"}


def read(path: Path, facts: Facts) -> None:
    """Encoding, line ends, and counts of lines, words and characters."""
    data = whole(path, Limits(pages=1))
    decoded = decode(data)
    text = decoded.text
    lines = text.splitlines()
    facts.found.update(
        encoding=decoded.encoding,
        byte_order_mark=any(data.startswith(mark) for mark in MARKS),
        damaged=decoded.damaged,
        line_ends=_line_ends(text),
        line_count=len(lines),
        longest_line=max(map(len, lines), default=0),
        word_count=len(text.split()),
        character_count=len(text),
    )


def _line_ends(text: str) -> str | None:
    """`lf`, `crlf` or `cr`; `mixed` where there are several, None where there is none."""
    pairs = text.count("\r\n")
    counts = Counter({"\r\n": pairs, "\n": text.count("\n") - pairs, "\r": text.count("\r") - pairs})
    found = [ENDS[end] for end, count in counts.items() if count]
    return found[0] if len(found) == 1 else ("mixed" if found else None)
