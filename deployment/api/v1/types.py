"""Values that several bodies of the native API have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

A_DAY = 24 * 3600

Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Without control characters."""
Line = Annotated[Text, Field(max_length=64)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""As organisations and deployments are called."""
Limit = Annotated[int, Field(ge=1, le=1_000_000_000)]


def storable_instant(at: datetime) -> datetime:
    """In UTC; every database has these years, also in other zones. Raises `ValueError` for others."""
    if not 1970 < at.year < 9999:
        raise ValueError("must be between 1971 and 9998")
    return at.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(storable_instant)]
"""With a zone; it becomes UTC."""


class Rotation(BaseModel):
    """How something secret is to be rotated."""

    model_config = ConfigDict(extra="forbid")

    overlap: int = Field(A_DAY, ge=0, le=7 * A_DAY, description="seconds that the old one is still good")
