"""What type checkers know of the library: signatures survive, and what is wrong is found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
USES = ROOT / "tests/guards/typed_uses.py"

WRONG = {
    "guard.open(create)": "create lacks its token",
    "guard.open(create, 1)": "the token is text",
    "guard.open(create, guard.token, file=1)": "no such argument",
    "guard.on_failure(delete, 'in/')": "recursive is missing",
    "guard.dispatch(enqueue, 'run')": "the run is a UUID",
    "guard.dispatch(enqueue, UUID(int=1), accepted=OSError)": "a tuple of errors",
    "guard.adopt('run')": "the ledger's runs are UUIDs",
    "function('run')": "the run is a UUID",
    "function(UUID(int=1), tagg='x')": "no such argument",
    "function(run=UUID(int=1))": "positional only",
    "Service().submit()": "the run is missing",
    "coroutine(1)": "the name is text",
    "pre_dispatch_guard(object())": "no ledger",
    "pre_dispatch_guard(plain, execution_id='run')": "the ledger cannot adopt",
    "pre_dispatch_guard(MEMORY, on_error=enqueue)": "on_error takes an outcome",
}

CHECKERS = {
    "mypy": ["mypy", "--strict", "--no-error-summary"],
    "pyright": ["basedpyright", "--level", "error"],
}


def check(checker: str, *paths: Path) -> list[str]:
    """The errors that a checker finds, one a line; skipped where it is not installed."""
    name, *options = CHECKERS[checker]
    tool = Path(sys.executable).with_name(name)
    if not tool.exists():
        pytest.skip(f"{name} is not installed")
    found = subprocess.run([tool, *options, *paths], cwd=ROOT, capture_output=True, text=True)
    return [line for line in found.stdout.splitlines() if re.search(r"\berror\b", line) and ".py" in line]


@pytest.mark.parametrize("checker", CHECKERS)
def test_the_types_of_every_use_are_known(checker: str) -> None:
    assert check(checker, USES) == []


@pytest.mark.parametrize("checker", CHECKERS)
def test_every_wrong_use_is_found(checker: str, tmp_path: Path) -> None:
    names = ["guard: Guard[UUID]", "plain: Ledger[UUID]"]
    imports = "from uuid import UUID\nfrom guards import Guard, Ledger, pre_dispatch_guard\n"
    uses = "from tests.guards.typed_uses import *\n" + imports
    path = tmp_path / "wrong.py"
    path.write_text(uses + "\n".join([*names, *WRONG]) + "\n")
    first = len(uses.splitlines()) + len(names) + 1
    lines = {int(match[1]) for error in check(checker, path) if (match := re.search(r"wrong\.py:(\d+)", error))}
    missed = [use for number, use in enumerate(WRONG, first) if number not in lines]
    assert missed == []
