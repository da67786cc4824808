"""Values that several bodies of the native API have."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field

from deployment.api.errors import FieldError, invalid

Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Without control characters."""
Line = Annotated[Text, Field(max_length=64)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""As organisations and deployments are called."""
Limit = Annotated[int, Field(ge=1, le=1_000_000_000)]
PAGE, LONGEST_PAGE = 50, 200


def _in_range(at: datetime) -> datetime:
    """Every database has these years, also in other zones."""
    if not 1970 < at.year < 9999:
        raise ValueError("must be between 1971 and 9998")
    return at.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_range)]
"""With a zone; it becomes UTC."""


def cursor_of(*position: Any) -> str:
    """Where the next page begins, behind `position`: opaque to callers."""
    return base64.urlsafe_b64encode(json.dumps(position, default=str).encode()).decode().rstrip("=")


def position_of(cursor: str, *kinds: type) -> list[Any]:
    """What `cursor_of` was given, each value of the kind that it had; raises `Refused` with 400 for anything else."""
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
        return [_as(kind, value) for kind, value in zip(kinds, values, strict=True)]
    except (ValueError, TypeError, RecursionError, OverflowError):
        raise invalid(FieldError("invalid", "Not a cursor that a page before has given.", "cursor")) from None


def _as(kind: type, value: Any) -> Any:
    if kind is datetime:
        return _in_range(datetime.fromisoformat(value))
    if not str(value).isprintable():  # no database takes a NUL, or half a surrogate pair
        raise ValueError(value)
    return kind(value)
