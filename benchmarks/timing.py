"""How long something takes: the best of many rounds, which all that is compared takes in turn."""

from __future__ import annotations

import timeit
from collections.abc import Callable, Mapping

Way = Callable[[int], float]
"""Does the same thing so many times, and returns the seconds of each, on average."""


def fastest(ways: Mapping[str, Way], calls: int, rounds: int) -> dict[str, float]:
    """Microseconds a call. In turn, so that a machine that is busy for a while is so for all of them."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            taken[name].append(way(calls))
    return {name: min(each) * 1e6 for name, each in taken.items()}


def plain(make: Callable[[], Callable[[], object]]) -> Way:
    """The way of a plain function, which `make` makes anew for each round."""
    return lambda calls: timeit.timeit(make(), number=calls) / calls
