"""A workflow may take so much memory and no more, whatever its libraries call the want of it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other kernels know no such limit")
TOLD = "MemoryLimitExceeded: memory_limit_exceeded: the workflow needed more than its 50 MiB of memory"


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    """What became of each way to take memory; that the limit ends with the work has been looked at."""
    command = [sys.executable, "-m", "tests.workflows.hungry"]
    found: dict[str, str] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


@pytest.mark.parametrize("how", ["too much", "told as damage", "by libxml2"])
def test_want_of_memory_is_told_as_what_it_is(outcomes: dict[str, str], how: str) -> None:
    """Not as a damaged document, nor as the unknown error of syntax that libxml2 makes of it."""
    assert outcomes[how] == TOLD


def test_what_needs_less_is_left_alone(outcomes: dict[str, str]) -> None:
    assert outcomes["enough"] == "done"


def test_any_other_error_is_raised_as_it_is(outcomes: dict[str, str]) -> None:
    assert outcomes["an error"] == "ZeroDivisionError: division by zero"
    assert outcomes["damaged"] == "DocumentError: The document is damaged"
