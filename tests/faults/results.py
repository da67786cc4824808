"""What a run of the faults has shown: a pytest plugin that keeps how the tests named after faults have ended.

Beside them the bars, which tests record as `bar`, and the ledger of the soak, which its test records as `soak`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import pytest

from tests.faults.matrix import Fault
from tests.faults.named import faults_of


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
    def __init__(self) -> None:
        self.bars: list[Bar] = []
        self.soak, self.soak_passed = "it was not run", False
        self._cases: dict[str, list[tuple[bool, float]]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            for fault in faults_of(report.nodeid):
                self._cases[fault].append((report.passed, report.duration))
            self._keep(report.passed, dict(report.user_properties))

    def _keep(self, passed: bool, recorded: dict[str, Any]) -> None:
        if "bar" in recorded:
            self.bars = sorted([*self.bars, Bar(*recorded["bar"])], key=lambda bar: (-bar.limit, bar.killed))
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
