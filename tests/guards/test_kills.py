"""Wherever SIGKILL strikes the guard, one pass of a reconciler brings the run to its end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def kill(every: int) -> int:
    """Kill at every n-th bytecode, in processes that descend from a small one; how many points that were."""
    command = [sys.executable, "-m", "tests.guards.bytecodes", "kills", str(every)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    points, told = done.stdout.splitlines()[-1].split(maxsplit=1)
    assert told == "kills: all promises hold"
    return int(points.replace(",", ""))


def test_a_kill_at_any_bytecode_leaves_a_run_that_one_pass_of_the_reconciler_ends() -> None:
    """A sample of them; `python -m tests.guards.bytecodes` takes them all."""
    assert kill(every=199) > 40


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_so_does_a_kill_at_every_single_one() -> None:
    assert kill(every=1) > 5000
