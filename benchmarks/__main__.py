"""`python -m benchmarks [part …] [--json] [--quick]`: what costs what, each beside a floor that is measured with it.

With `--quick` everything is done a few times only: that shows that it works, not how fast it is.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence

from benchmarks import fan_out, guard, uploads, waiting
from benchmarks.row import Row, table

PARTS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "guard": guard.rows,
    "waiting": waiting.rows,
    "fan-out": fan_out.rows,
    "uploads": uploads.rows,
}


def main(words: Sequence[str] | None = None) -> None:
    """Measure the parts that are asked for, or all, and print a table for each, or one JSON object."""
    chosen = _arguments(words)
    measured = {name: list(PARTS[name](chosen.quick)) for name in chosen.parts or PARTS}
    if chosen.json:
        print(json.dumps({name: [row.told() for row in rows] for name, rows in measured.items()}, indent=2))
    else:
        print("\n\n".join(f"{name}\n\n{table(rows)}" for name, rows in measured.items()))


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all, if none is named")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="a few calls only")
    chosen = parser.parse_args(words)
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return chosen


if __name__ == "__main__":
    main()
