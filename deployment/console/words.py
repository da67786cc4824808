"""Figures as a person reads them: instants, spans of time, sizes, states."""

from __future__ import annotations

from datetime import datetime, timedelta

from deployment.clock import utcnow

COLORS = {
    "COMPLETED": "success",
    "SUCCESS": "success",
    "DELIVERED": "success",
    "ERROR": "danger",
    "FAILED": "danger",
    "GIVEN_UP": "danger",
    "STOPPED": "secondary",
    "PENDING": "info",
    "QUEUED": "info",
    "WAITING": "secondary",
    "EXECUTING": "primary",
}
"""The colour of a state; its word always stands beside it."""
NOTHING = "-"
UNITS = (("d", 86400), ("h", 3600), ("min", 60))


def instant(at: datetime | None) -> str:
    """To the second, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%S") if at else NOTHING


def ago(at: datetime | None) -> str:
    """How long ago, or in how long."""
    if at is None:
        return "never"
    span = utcnow() - at
    return f"{duration(span)} ago" if span >= timedelta() else f"in {duration(-span)}"


def duration(span: timedelta | float | None) -> str:
    """As `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`."""
    if span is None:
        return NOTHING
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    if seconds < 10:
        return f"{seconds:.1f} s"
    for place, (unit, length) in enumerate(UNITS):
        if seconds >= length:
            lower, step = (UNITS[place + 1]) if place + 1 < len(UNITS) else ("s", 1)
            rest = int(seconds % length // step)
            return f"{int(seconds // length)} {unit}" + (f" {rest} {lower}" if rest else "")
    return f"{seconds:.0f} s"


def size(count: int | None) -> str:
    """In bytes, KiB, MiB or GiB."""
    if count is None:
        return NOTHING
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 10 else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"
