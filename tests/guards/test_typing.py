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


IMPORTS = "from uuid import UUID\nfrom guards import Guard, Ledger, pre_dispatch_guard\n"
NAMES = "guard: Guard[UUID]\nplain: Ledger[UUID]\n"
BEFORE = f"from tests.guards.typed_uses import *\n{IMPORTS}{NAMES}"


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a wrong use on each of its last lines."""
    path = tmp_path_factory.mktemp("uses") / "wrong.py"
    path.write_text(BEFORE + "\n".join(WRONG) + "\n")
    return path


@pytest.fixture(scope="module", params=CHECKERS)
def errors(request: pytest.FixtureRequest, wrong: Path) -> list[str]:
    """The errors that a checker finds in the right uses and in the wrong ones; skipped where it is not installed."""
    name, *options = CHECKERS[request.param]
    tool = Path(sys.executable).with_name(name)
    if not tool.exists():
        pytest.skip(f"{name} is not installed")
    found = subprocess.run([tool, *options, USES, wrong], cwd=ROOT, capture_output=True, text=True)
    return [line for line in found.stdout.splitlines() if re.search(r"\berror\b", line) and ".py" in line]


def test_the_types_of_every_use_are_known(errors: list[str]) -> None:
    assert [error for error in errors if "wrong.py" not in error] == []


def test_every_wrong_use_is_found(errors: list[str]) -> None:
    lines = {int(match[1]) for error in errors if (match := re.search(r"wrong\.py:(\d+)", error))}
    first = len(BEFORE.splitlines()) + 1
    missed = [use for number, use in enumerate(WRONG, first) if number not in lines]
    assert missed == []
