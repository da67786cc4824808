"""The guard's events as Prometheus metrics: how runs fare before their dispatch, and how long that takes.

from examples.guard_prometheus import count
guards.subscribe(count)
"""

from __future__ import annotations

from time import monotonic

from prometheus_client import Counter, Histogram

from guards import Event, Happening

EVENTS = Counter("pre_dispatch_events", "What happened to runs before their dispatch", ["what"])
SECONDS = Histogram("pre_dispatch_seconds", "From the row to the dispatch, or to the failure")

_ENDS = {Happening.DISPATCHED, Happening.MARKED, Happening.MARKING_FAILED, Happening.LOST_RACE}
_opened: dict[str, float] = {}


def count(event: Event, /) -> None:
    """Only the event's kind becomes a label: a run's id or a reason would make a series of each run."""
    EVENTS.labels(event.what).inc()
    if event.what is Happening.OPENED:
        _opened[event.token] = monotonic()
    elif event.what in _ENDS and (begun := _opened.pop(event.token, None)) is not None:
        SECONDS.observe(monotonic() - begun)
