"""`make bench` measures what it says, each beside its floor, and prints it. How fast it is, no test says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.row import Row, table

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_the_guard_is_measured_beside_its_floors_and_within_a_real_request() -> None:
    done = bench("guard", "--quick", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)["guard"]
    assert all(row["figure"] > 0 and row["floor"] > 0 for row in rows)
    held = {(row["what"], row["beside"]): row["bar"] for row in rows if row["bar"]}
    assert held == {
        ("a guarded block, ledger in memory", "ExitStack"): 3,
        ("a guarded block, no ledger", "ExitStack"): 3,
        ("memory of a guard", "ExitStack"): 1,
        ("the guard's own time", "one accepted request"): 0.01,
    }


@pytest.mark.proof
def test_waiting_callers_are_measured_beside_a_place_where_nobody_waits() -> None:
    done = bench("waiting", "--quick", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)["waiting"]
    assert all(row["figure"] > 0 and row["floor"] > 0 for row in rows)
    assert [row["what"] for row in rows if row["bar"]] == ["commit to one of 4, median"]
    assert {row["beside"] for row in rows} == {"nobody waits", "what is promised", "a bare PUBLISH, heard"}


def test_a_part_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["gard"])
    assert "there is no part gard; there are guard" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("figure", "bar", "told"),
    [(6.0, 3.0, "holds: at most 3.00"), (6.2, 3.0, "BROKEN: at most 3.00"), (9.0, None, "")],
)
def test_a_row_tells_its_ratio_and_whether_its_bar_holds(figure: float, bar: float | None, told: str) -> None:
    row = Row("guard", figure, "floor", 2.0, "µs", bar)
    assert row.cells() == ("guard", f"{figure:.2f} µs", "floor", "2.00 µs", f"{figure / 2:.2f}", told)
    assert row.holds is not told.startswith("BROKEN")


def test_the_table_is_markdown_in_columns() -> None:
    head, rule, *lines = table([Row("a", 1, "b", 2000, "µs", 0.01), Row("longer", 1, "b", 1, "µs")]).splitlines()
    assert {len(line) for line in (head, rule, *lines)} == {len(head)}
    assert " ".join(lines[0].split()) == "| a | 1.00 µs | b | 2,000 µs | 0.05% | holds: at most 1.00% |"


@pytest.mark.proof
@pytest.mark.parametrize(
    ("part", "bars"),
    [("fan-out", [0.6, 1.15, 3.0]), ("uploads", [1 / 0.7, 1, None, 1])],
)
def test_the_real_thing_is_measured_beside_its_peer(part: str, bars: list[float | None]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", part, "--quick", "--json"], cwd=ROOT, capture_output=True, timeout=110
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)[part]
    assert [row["bar"] for row in rows] == bars
    assert all(row["figure"] > 0 and row["floor"] > 0 for row in rows)
