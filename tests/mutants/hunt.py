"""Runs the tests of `guards/` against a patched copy of it, and says which of them has found the mistake."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import ROOT, Mutant, copy_guards

NO_GUARD = Mutant(
    "it cannot be imported", "undo.py", "from .outcome import UndoFailure", "from .outcome import Nothing"
)
"""Against this one no test can be run, unless the tests do not see the copy at all."""

SECONDS = 120
"""After that long a run is ended; each test has a shorter limit of its own."""

# What is quick and about the guard's behaviour. The rest (types, packaging, documents, every bytecode) is slow.
TESTS = [
    f"tests/guards/test_{name}.py"
    for name in (
        "table",
        "effects",
        "undo",
        "conformance",
        "async",
        "misuse",
        "reasons",
        "threads",
        "nesting",
        "events",
        "decorator",
        "generators",
    )
]
# Without the fixtures of other rooms, whose code would be imported for nothing.
OPTIONS = ["--confcutdir=tests/guards", "-p", "tests.servers.fixtures_postgres", "-k", "not postgres", "--timeout=10"]
OPTIONS += ["-x", "--tb=no", "--no-header", "--show-capture=no", "-p", "no:cacheprovider"]
FOUND = re.compile(r"^(?:FAILED|ERROR) tests/guards/(.+?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    """`found_by` is the first test that failed, empty if none did. `complete` says that the tests were run at all."""

    found_by: str
    complete: bool
    output: str


def hunt(mutant: Mutant | None) -> Verdict:
    """Run the tests against `mutant`, or against the guard as it is. Raises `SourceChanged`."""
    write: Callable[[Path], None] = mutant.write if mutant else copy_guards
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        write(Path(folder))
        return _run(folder)


def what_is_wrong() -> str:
    """Why the tests would tell nothing about a mutant; empty if they will."""
    if hunt(NO_GUARD).complete:
        return "The tests do not run against the copy."
    control = hunt(None)
    if control.found_by or not control.complete:
        return f"The tests fail without any mutant:\n{control.output}"
    return ""


def _run(folder: str) -> Verdict:
    command = [sys.executable, "-B", "-m", "pytest", "-o", f"pythonpath={folder} .", *OPTIONS, *TESTS]
    try:
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        return Verdict("", False, str(error))
    found = FOUND.search(ended.stdout)
    failed_or_passed = ended.returncode in (0, 1)
    return Verdict(found[1] if found else "", failed_or_passed, ended.stdout + ended.stderr)
