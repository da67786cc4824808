"""`python -m tests.guards.bytecodes`: strikes before every bytecode of the guard, by an exception, then by SIGKILL.

Printed are the points of each, when all promises held. `exceptions` or `kills` and a number n: only these, and only
every n-th point.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.guards.kills import kill_everywhere
from tests.guards.strikes import FORMS, SCENARIOS, strike_everywhere

Counted = Iterator[tuple[str, int]]


def exceptions(every: int) -> Counted:
    warnings.filterwarnings("ignore", "coroutine .* was never awaited")
    for form in FORMS:
        for scenario in SCENARIOS:
            yield f"{form.__name__}, {scenario}", strike_everywhere(form, scenario, every)


def kills(every: int) -> Counted:
    with TemporaryDirectory(prefix="killed-") as folder:
        yield from kill_everywhere(Path(folder), every)


KINDS = {"exceptions": exceptions, "kills": kills}


def main(kinds: list[str], every: int = 1) -> None:
    """A line for each scenario, and the sum. Raises `AssertionError` where a promise was broken."""
    logging.getLogger().addHandler(logging.NullHandler())  # else each failure is a line on standard error
    for kind in kinds:
        points = 0
        for name, number in KINDS[kind](every):
            print(f"{number:>7,}  {kind}: {name}", flush=True)
            points += number
        print(f"{points:>7,}  {kind}: all promises hold", flush=True)


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    main([word for word in words if word in KINDS] or [*KINDS], *numbers)
