"""Dates as PDF writes them (ISO 32000-1, 7.9.4): `D:20260131093000+01'00'`, of which only the year is a must."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

WRITTEN = re.compile(
    r"\s*(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?\s*(?:(Z)|([+-])(\d\d)'?(\d\d)?)?",
)


def iso_date(text: str) -> str | None:
    """The date and time in ISO 8601, with the offset if it has one; what is no date is given as it is."""
    found = WRITTEN.match(text)
    if not found:
        return text.strip() or None
    year, month, day, hour, minute, second = (int(part) if part else None for part in found.groups()[:6])
    try:
        moment = datetime(year or 1, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=_zone(found))
    except ValueError:
        return text.strip()
    return moment.isoformat()


def _zone(found: re.Match[str]) -> timezone | None:
    zulu, sign, hours, minutes = found.groups()[6:]
    if zulu or not sign:
        return UTC if zulu else None
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-offset if sign == "-" else offset)
