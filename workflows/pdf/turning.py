"""From the coordinates of a page, which may be turned, to those of its reader."""

from __future__ import annotations


def turned(rotation: int, x: float, y: float) -> tuple[float, float]:
    """Where a reader sees a point: to the right, and downwards. `rotation` is 0, 90, 180 or 270 degrees."""
    if rotation == 90:
        return y, x
    if rotation == 180:
        return -x, y
    return (-y, -x) if rotation == 270 else (x, -y)
