"""What `python -m tests.guards.protocol` prints: a row for each design, and how each wrong one comes to grief."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from tests.guards.protocol.explore import PROMISES, Explored, explore
from tests.guards.protocol.state import Design

DESIGNS = tuple(Design(swap, reconciler) for swap in (False, True) for reconciler in (False, True))


@cache
def explored(design: Design) -> Explored:
    """Explore once in a process: it takes seconds."""
    return explore(design)


def lines() -> Iterator[str]:
    """Markdown: the table, then, for each design and each promise that it breaks, a shortest way to break it."""
    yield _row("design", "states", *PROMISES)
    yield _row(*["---"] * (2 + len(PROMISES)))
    yield from map(row, DESIGNS)
    for design in DESIGNS:
        if explored(design).broken:
            yield told(design)


def row(design: Design) -> str:
    """The design's row of the table."""
    found = explored(design)
    return _row(design.name, f"{len(found.came_by):,}", *(_verdict(found, promise) for promise in PROMISES))


def told(design: Design) -> str:
    """A shortest way to break each promise that it breaks; "" if there is none."""
    broken = sorted(explored(design).broken.items(), key=lambda item: len(item[1]))
    ways = [f"- *{promise}* is broken so: {' → '.join(map(str, trace))}." for promise, trace in broken]
    return "\n".join(["", f"**{design.name}**:", "", *ways]) if ways else ""


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _verdict(found: Explored, promise: str) -> str:
    return f"broken in {len(found.broken[promise])} steps" if promise in found.broken else "holds"
