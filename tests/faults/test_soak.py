"""A short soak, in a process of its own: `make soak` is the long one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.launcher.launched import ROOT

MINUTES = "0.35"


@pytest.mark.proof
@pytest.mark.timeout(400)
def test_every_promise_holds_while_anything_breaks_at_random(record_property: Callable[[str, object], None]) -> None:
    command = [sys.executable, "-m", "tests.faults.soak"]
    environment = {**os.environ, "SOAK_MINUTES": MINUTES}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    record_property("soak", done.stdout)
    assert done.returncode == 0, done.stdout
