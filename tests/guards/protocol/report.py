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
    yield from _row("design", "states", *PROMISES)
    yield from _row(*["---"] * (2 + len(PROMISES)))
    for design in DESIGNS:
        found = explored(design)
        yield from _row(design.name, f"{len(found.came_by):,}", *(_verdict(found, promise) for promise in PROMISES))
    for design in DESIGNS:
        if explored(design).broken:
            yield from _counterexamples(explored(design))


def _row(*cells: str) -> Iterator[str]:
    yield f"| {' | '.join(cells)} |"


def _verdict(found: Explored, promise: str) -> str:
    return f"broken in {len(found.broken[promise])} steps" if promise in found.broken else "holds"


def _counterexamples(found: Explored) -> Iterator[str]:
    yield from ("", f"**{found.design.name}**:", "")
    for promise, trace in sorted(found.broken.items(), key=lambda item: len(item[1])):
        yield f"- *{promise}* is broken so: {' → '.join(map(str, trace))}."
