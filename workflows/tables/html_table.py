"""One table of an HTML page, as its tags come; how its cells lie follows WHATWG HTML, 4.9.12."""

from __future__ import annotations

from workflows.extraction.html import INLINE
from workflows.tables.table import Row, Tables, text_cell

ROW_GROUPS = {"thead", "tbody", "tfoot"}
MAX_SPAN = {"colspan": 1000, "rowspan": 65534}
"""Above these, browsers take less."""


class HtmlTable:
    """A cell that spans several stands in the first of its places, the others are empty."""

    def __init__(self, limits: Tables) -> None:
        self.rows: list[Row] = []
        self.caption: str | None = None
        self._limits = limits
        self._headings: list[bool] = []
        self._in_head = False
        self._row: Row | None = None
        self._is_heading = True
        self._taken: dict[int, int] = {}
        self._text: list[str] | None = None
        self._spans = (1, 1)

    @property
    def header_rows(self) -> int | None:
        """How many rows at the top are headings: in `thead`, or of nothing but `th`. None: the page marks none."""
        count = next((index for index, heading in enumerate(self._headings) if not heading), len(self._headings))
        return count or None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A tag begins. Rows and cells need no end tag: the next one ends them."""
        if tag in ROW_GROUPS or tag == "tr":
            self._end_row()
            self._in_head = tag == "thead" or (tag == "tr" and self._in_head)
        elif tag in ("td", "th"):
            self._end_cell()
            self._is_heading = (self._row is None or self._is_heading) and (self._in_head or tag == "th")
            self._row = [] if self._row is None else self._row
            self._text, self._spans = [], (_span(attributes, "colspan"), _span(attributes, "rowspan"))
        elif tag == "caption":
            self._text = []
        elif tag not in INLINE:
            self.say(" ")

    def end(self, tag: str) -> None:
        """A tag ends."""
        if tag in ("td", "th"):
            self._end_cell()
        elif tag in ROW_GROUPS or tag in ("tr", "table"):
            self._end_row()
            self._in_head = self._in_head and tag == "tr"
        elif tag == "caption" and self._text is not None:
            self.caption, self._text = text_cell("".join(self._text)), None
        elif tag not in INLINE:
            self.say(" ")

    def say(self, text: str) -> None:
        """Text of the open cell or caption; elsewhere it belongs to no table."""
        if self._text is not None:
            self._text.append(text)

    def _end_cell(self) -> None:
        if self._row is None or self._text is None:
            return
        while len(self._row) in self._taken:
            self._limits.expect(cells=1)
            self._row.append(None)
        width, height = self._spans
        self._limits.expect(cells=width)
        self._taken.update(dict.fromkeys(range(len(self._row), len(self._row) + width), height))
        self._row += [text_cell("".join(self._text)), *[None] * (width - 1)]
        self._text = None

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is not None:
            self.rows.append(self._row)
            self._headings.append(self._is_heading)
            self._taken = {column: left - 1 for column, left in self._taken.items() if left > 1}
        self._row = self._text = None


def _span(attributes: dict[str, str], name: str) -> int:
    given = attributes.get(name, "").strip()
    is_number = given.isascii() and given.isdigit() and len(given) < 9
    return min(max(int(given), 1), MAX_SPAN[name]) if is_number else 1
