"""Pages of a list: how long one is, and where the next one begins."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from deployment.api.errors import FieldError, invalid
from deployment.api.v1.types import storable_instant

Row = TypeVar("Row")


class PageQuery(BaseModel):
    """Which page."""

    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=1000, description="`next_cursor` of the page before")

    @property
    def enough(self) -> int:
        """Rows to ask for: one more than are shown tells whether there is another page."""
        return self.limit + 1

    def behind(self, *kinds: type) -> list[Any] | None:
        """The place behind which the page begins, each value of its kind; None for the first page.

        Raises `Refused` with 400 for what no page has given.
        """
        if self.cursor is None:
            return None
        try:
            values = json.loads(base64.b64decode(self.cursor + "=" * (-len(self.cursor) % 4), b"-_", validate=True))
            return [_as(kind, value) for kind, value in zip(kinds, values, strict=True)]
        except (ValueError, TypeError, RecursionError, OverflowError):
            raise invalid(FieldError("invalid", "Not a cursor that a page before has given.", "cursor")) from None

    def cut(self, found: Sequence[Row], place: Callable[[Row], Sequence[Any]]) -> tuple[Sequence[Row], str | None]:
        """What is shown of the rows that were found, and the next page's cursor; `place` is where a row stands."""
        shown = found[: self.limit]
        return shown, _cursor(place(shown[-1])) if len(found) > self.limit else None


def _cursor(place: Sequence[Any]) -> str:
    """Opaque to callers."""
    values = [value.isoformat() if isinstance(value, datetime) else value for value in place]
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def _as(kind: type, value: Any) -> Any:
    if kind is datetime:
        return storable_instant(datetime.fromisoformat(value))
    if not str(value).isprintable():  # no database takes a NUL, or half a surrogate pair
        raise ValueError(value)
    return kind(value)
