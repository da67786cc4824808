"""`make mutants`: every wrong guard and every mechanism that is switched off must be found. A line each, and sums."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.mutants import switched_off_moves, switched_off_parts, wrong_guards
from tests.mutants.hunt import Verdict, chase, hunt, what_is_wrong_with_the_chase, what_is_wrong_with_the_hunt
from tests.mutants.mutant import Mutant

Kind = TypeVar("Kind", bound=Mutant)
SWITCHED_OFF = [*switched_off_moves.MUTANTS, *switched_off_parts.MUTANTS]


def main() -> int:
    """Hunt them all; 0 if each was found, by tests that find nothing wrong with the code as it is."""
    tests = [mutant.test for mutant in SWITCHED_OFF]
    if wrong := what_is_wrong_with_the_hunt() or what_is_wrong_with_the_chase(tests):
        print(wrong)
        return 1
    survived = found("wrong guards", hunt, wrong_guards.MUTANTS) + found("switched off", chase, SWITCHED_OFF)
    return 1 if survived else 0


def found(kind: str, by: Callable[[Kind], Verdict], mutants: Sequence[Kind]) -> int:
    """Print a line for each; how many survived."""
    print(f"\n{kind}")
    killed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for mutant, verdict in zip(mutants, pool.map(by, mutants), strict=True):
            print(line(mutant, verdict), flush=True)
            killed += bool(verdict.found_by and verdict.complete)
    print(f"{killed} killed, {len(mutants) - killed} survived")
    return len(mutants) - killed


def line(mutant: Mutant, verdict: Verdict) -> str:
    """What is printed for one."""
    if not verdict.complete:
        return f"UNDECIDED {mutant.name}: the tests did not run\n{verdict.output}"
    return f"{'killed  ' if verdict.found_by else 'SURVIVED'}  {mutant.name:<66}  {verdict.found_by}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
