"""Which process runs which tests, when there are several: a file's tests stay together, for what its modules share."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

OF_THE_INSTALLATION = re.compile(r"\b(installation|installed_app|new_caller): ")
"""A fixture among the arguments of a test: `tests/servers/fixtures_installation.py`."""


class BySharedServers(LoadFileScheduling):  # type: ignore[misc]
    """All that call the whole installation are one unit: each process would start its own, some 6 s of a processor."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "installation" if _calls_the_installation(file) else file


@cache
def _calls_the_installation(file: str) -> bool:
    return bool(OF_THE_INSTALLATION.search(Path(file).read_text()))
