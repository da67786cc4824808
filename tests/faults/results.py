"""What a run of the faults has shown: a pytest plugin that keeps how the tests named after faults have ended.

Beside them the bars, which tests record as `bar`, and the ledger of the soak, which its test records as `soak`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import pytest

from tests.faults.matrix import Fault

NAMED = re.compile(r"(?:test|(?<=[0-9]))_([abc]\d+)(?=_)", re.IGNORECASE)
SOAK = "test_soak.py"


@dataclass(frozen=True)
class Bar:
    """`killed` says what was, and what must happen within `limit` seconds; it took `seconds`."""

    killed: str
    limit: float
    seconds: float

    @property
    def held(self) -> bool:
        return self.seconds <= self.limit


class Results:
    """Deselects all other tests."""

    def __init__(self) -> None:
        self.bars: list[Bar] = []
        self.soak, self.soak_passed = "it was not run", False
        self._cases: dict[str, list[tuple[bool, float]]] = defaultdict(list)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        others = [item for item in items if not _is_wanted(item)]
        items[:] = [item for item in items if _is_wanted(item)]
        config.hook.pytest_deselected(items=others)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            for named in NAMED.findall(report.nodeid.rpartition("::")[2].partition("[")[0]):
                self._cases[named.upper()].append((report.passed, report.duration))
            self._keep(report.passed, dict(report.user_properties))

    def _keep(self, passed: bool, recorded: dict[str, Any]) -> None:
        if "bar" in recorded:
            self.bars.append(Bar(*recorded["bar"]))
        if "soak" in recorded:
            self.soak, self.soak_passed = recorded["soak"], passed

    def cases(self, fault: Fault) -> int:
        """How many tests have its id."""
        return len(self._cases[fault.id])

    def passed(self, fault: Fault) -> bool:
        """Whether there are such tests, and all have passed."""
        cases = self._cases[fault.id]
        return bool(cases) and all(passed for passed, _ in cases)

    def longest(self, fault: Fault) -> float:
        """Seconds of its longest test."""
        return max((seconds for _, seconds in self._cases[fault.id]), default=0)


def _is_wanted(item: pytest.Item) -> bool:
    return NAMED.search(item.name) is not None or item.path.name == SOAK
