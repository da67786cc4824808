"""Pages of a document as a person writes them: `1-3,7`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator

from workflows.errors import DocumentError

SPANS = re.compile(r"(\d{1,7}(-\d{1,7})?(,\d{1,7}(-\d{1,7})?)*)?")


def _checked(text: str) -> str:
    spans = "".join(text.split())
    if not SPANS.fullmatch(spans):
        raise ValueError("pages are numbers and spans of them, such as 1-3,7")
    return spans


PageSpans = Annotated[str, AfterValidator(_checked)]
"""An option of a workflow; empty is all pages."""


@dataclass(frozen=True)
class Pages:
    """Numbers of pages, from 1; each span is a first and a last one, and none at all means every page."""

    spans: tuple[tuple[int, int], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Pages:
        """What the option says."""
        ends = [span.split("-") for span in text.split(",") if span]
        return cls(tuple((int(end[0]), int(end[-1])) for end in ends))

    def of(self, count: int) -> list[int]:
        """Those that a document of `count` pages has; raises `DocumentError` if it has none of them."""
        chosen = [number for number in range(1, count + 1) if number in self]
        if not chosen:
            raise DocumentError(f"The document has none of the pages that were asked for; it has {count}")
        return chosen

    def __contains__(self, number: int) -> bool:
        return not self.spans or any(first <= number <= last for first, last in self.spans)


ALL_PAGES = Pages()
