"""`make faults`: runs every test named after a fault, prints a line for each fault, and writes docs/faults.md."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.faults.matrix import FAULTS, Fault

TABLE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
NAMED = re.compile(r"(?:test|(?<=[0-9]))_([abc]\d+)(?=_)", re.IGNORECASE)
HEAD = """# The faults, and what happens here

Written by `make faults`, which runs each row against the real code and real parts. Peers were measured with their
defaults on a machine like the one that wrote this. *Cases* are the tests of the row, each on every database or
store that it is about; *seconds* is what the longest of them took.

| id | fault | elsewhere | here | cases | seconds |
|---|---|---|---|---|---|
"""


class Results:
    """A pytest plugin: keeps the tests that are named after a fault, and how they ended."""

    def __init__(self) -> None:
        self.cases: dict[str, list[tuple[bool, float]]] = defaultdict(list)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        others = [item for item in items if not NAMED.search(item.name)]
        items[:] = [item for item in items if NAMED.search(item.name)]
        config.hook.pytest_deselected(items=others)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            for named in NAMED.findall(report.nodeid.rpartition("::")[2].partition("[")[0]):
                self.cases[named.upper()].append((report.passed, report.duration))

    def passed(self, fault: Fault) -> bool:
        cases = self.cases[fault.id]
        return bool(cases) and all(passed for passed, _ in cases)

    def line(self, fault: Fault) -> str:
        """What is printed for a person."""
        cases = self.cases[fault.id]
        verdict = "passed" if self.passed(fault) else "FAILED" if cases else "FAILED: no test has this id"
        return f"{fault.id:<4} {fault.fault:<72} {verdict}: {len(cases)} cases, {_longest(cases):.1f} s"

    def row(self, fault: Fault) -> str:
        """What is written for everybody."""
        cases = self.cases[fault.id]
        words = (fault.id, fault.fault, fault.elsewhere, fault.here, str(len(cases)), f"{_longest(cases):.1f}")
        return f"| {' | '.join(words)} |\n"


def main(words: list[str]) -> int:
    """Run, print, and write the table if everything passed."""
    results = Results()
    pytest.main(["--no-header", "-m", "", "tests", *words], plugins=[results])
    print()
    for fault in FAULTS:
        print(results.line(fault))
    failed = sum(not results.passed(fault) for fault in FAULTS)
    if not failed:
        TABLE.write_text(HEAD + "".join(map(results.row, FAULTS)))
    print(f"{len(FAULTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _longest(cases: list[tuple[bool, float]]) -> float:
    return max((seconds for _, seconds in cases), default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
