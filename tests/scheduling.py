"""When and where which tests run, if in several processes: a file's tests stay together, for what its modules share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

OF_THE_INSTALLATION = re.compile(r"\b(installation|installed_app|new_caller): ")
"""A fixture among the arguments of a test: `tests/servers/fixtures_installation.py`."""

STAGE = "new_stage"
"""A fixture of `tests/jobs/conftest.py`: who has it waits for leases and limits more than it works."""
FIRST, LAST = 0.05, 0.75
"""Where those stand among the others: behind what is slow, and none at the end, where it would run alone."""


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """Begin with what takes longest, so that no process is left alone with it at the end.

    What mostly waits is spread out: side by side it would leave the processors idle.
    """
    place = {item.path: float(number) for number, item in reversed([*enumerate(items)])}
    waiting = list(dict.fromkeys(item.path for item in items if STAGE in _fixtures_of(item)))
    for number, path in enumerate(waiting):
        place[path] = len(items) * (FIRST + (LAST - FIRST) * number / len(waiting))
    return sorted(items, key=lambda item: (item.get_closest_marker("slow") is None, place[item.path]))


def _fixtures_of(item: pytest.Item) -> Iterable[str]:
    return getattr(item, "fixturenames", ())


class BySharedServers(LoadFileScheduling):  # type: ignore[misc]
    """All that call the whole installation are one unit: each process would start its own, some 6 s of a processor."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "installation" if _calls_the_installation(file) else file


@cache
def _calls_the_installation(file: str) -> bool:
    return bool(OF_THE_INSTALLATION.search(Path(file).read_text()))
