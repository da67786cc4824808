"""How a test says which faults it is about: by its name."""

from __future__ import annotations

import re

IDS = re.compile(r"(?:test|(?<=[0-9]))_([abc]\d+)(?=_)", re.IGNORECASE)


def faults_of(nodeid: str) -> list[str]:
    """The ids in a test's name: `test_c4_c11_…` is about C4 and C11."""
    return [found.upper() for found in IDS.findall(nodeid.rpartition("::")[2].partition("[")[0])]
