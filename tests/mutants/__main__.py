"""`make mutants`: every wrong guard must be found by the tests of `guards/`. One line for each, then the sum."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.mutants.hunt import Verdict, hunt, what_is_wrong
from tests.mutants.mutant import Mutant
from tests.mutants.wrong_guards import MUTANTS


def main() -> int:
    """Hunt them all; 0 if each was found, by tests that find nothing wrong with the guard as it is."""
    if wrong := what_is_wrong():
        print(wrong)
        return 1
    killed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for mutant, verdict in zip(MUTANTS, pool.map(hunt, MUTANTS), strict=True):
            print(line(mutant, verdict), flush=True)
            killed += bool(verdict.found_by and verdict.complete)
    print(f"{killed} killed, {len(MUTANTS) - killed} survived")
    return 0 if killed == len(MUTANTS) else 1


def line(mutant: Mutant, verdict: Verdict) -> str:
    """What is printed for one."""
    if not verdict.complete:
        return f"UNDECIDED {mutant.name}: the tests did not run\n{verdict.output}"
    return f"{'killed  ' if verdict.found_by else 'SURVIVED'}  {mutant.name:<66}  {verdict.found_by}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
