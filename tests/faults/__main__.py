"""`make faults`: runs every test named after a fault, and a short soak; prints all results, writes docs/faults.md."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.matrix import FAULTS, Fault
from tests.faults.results import Results

TABLE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
HEAD = """# The faults, and what happens here

Written by `make faults`, which runs each row against the real code and real parts. Peers were measured with their
defaults on a machine like the one that wrote this. *Cases* are the tests of the row, each on every database or
store that it is about; *seconds* is what the longest of them took.

| id | fault | elsewhere | here | cases | seconds |
|---|---|---|---|---|---|
"""
BARS = """
## The bars

How long it takes until a process that was killed is missed: real processes, with the default settings
(`LEASE_SECONDS=20`, `RECONCILE_SECONDS=5`, `CLOCK_SKEW_SECONDS=2`).

| killed | seconds at most | seconds |
|---|---|---|
"""


def main(words: list[str]) -> int:
    """Run, print, and write the tables if everything passed."""
    results = Results()
    side_by_side = [f"--numprocesses={os.cpu_count()}", "--no-loadscope-reorder"]
    selected = ["-p", "tests.faults.selection", "-m", ""]
    pytest.main(["--no-header", *side_by_side, *selected, "tests", *words], plugins=[results])
    print("", *lines(results), sep="\n")
    failed = sum(not results.passed(fault) for fault in FAULTS) + (not results.soak_passed)
    if not failed:
        TABLE.write_text("\n".join([*document(results), ""]))
    print(f"{len(FAULTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


def lines(results: Results) -> Iterator[str]:
    """What is printed for a person."""
    for fault in FAULTS:
        yield f"{fault.id:<4} {fault.fault:<72} {_verdict(results, fault)}"
    yield "\nbars: seconds until a process that was killed is missed"
    for bar in results.bars:
        yield f"{bar.killed:<83} {'passed' if bar.held else 'FAILED'}: {bar.seconds:.1f} of {bar.limit:g} s"
    yield f"\nsoak: {'passed' if results.soak_passed else 'FAILED'}\n{results.soak}"


def document(results: Results) -> Iterator[str]:
    """What is written for everybody."""
    yield HEAD.rstrip()
    for fault in FAULTS:
        measured = (str(results.cases(fault)), f"{results.longest(fault):.1f}")
        yield _row(fault.id, fault.fault, fault.elsewhere, fault.here, *measured)
    yield BARS.rstrip()
    for bar in results.bars:
        yield _row(bar.killed, f"{bar.limit:g}", f"{bar.seconds:.1f}")


def _verdict(results: Results, fault: Fault) -> str:
    if not results.cases(fault):
        return "FAILED: no test has this id"
    verdict = "passed" if results.passed(fault) else "FAILED"
    return f"{verdict}: {results.cases(fault)} cases, {results.longest(fault):.1f} s"


def _row(*words: str) -> str:
    return f"| {' | '.join(words)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
