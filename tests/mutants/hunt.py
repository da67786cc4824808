"""Runs tests against a patched copy of our code, and says which of them has found the mistake."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.launcher.launched import processes_of
from tests.mutants.mutant import ROOT, Mutant, SwitchedOff, copy

NO_GUARD = Mutant(
    "it cannot be imported", "undo.py", "from .outcome import UndoFailure", "from .outcome import Nothing"
)
"""Against this one no test can be run, unless the tests do not see the copy at all."""
NO_APP = SwitchedOff("it cannot be imported", "app.py", "from flask import Flask", "from flask import Nothing", "")
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
OPTIONS = ["-x", "--tb=no", "--no-header", "--show-capture=no", "-p", "no:cacheprovider"]
# Without the fixtures of other rooms, whose code would be imported for nothing.
OF_GUARDS = ["--confcutdir=tests/guards", "-p", "tests.servers.fixtures_postgres", "-k", "not postgres", "--timeout=10"]
FOUND = re.compile(r"^FAILED tests/(.+?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    """`found_by` is the first test that failed, empty if none did. `complete` says that the tests were run at all."""

    found_by: str
    complete: bool
    output: str


def hunt(mutant: Mutant | None) -> Verdict:
    """Run the tests of the guard against `mutant`, or against the guard as it is. Raises `SourceChanged`."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        mutant.write(Path(folder)) if mutant else copy("guards", Path(folder))
        return _run(["-o", f"pythonpath={folder} .", *OF_GUARDS, *TESTS], ROOT)


def chase(mutant: SwitchedOff) -> Verdict:
    """Run the test that must find it, in a patched copy of the checkout. Raises `SourceChanged`."""
    return _in_checkout(mutant, ["--timeout=30", mutant.test])


def what_is_wrong_with_the_hunt() -> str:
    """Why the tests would tell nothing about a wrong guard; empty if they will."""
    return _wrong(hunt(NO_GUARD), hunt(None))


def what_is_wrong_with_the_chase(tests: Sequence[str]) -> str:
    """Why `tests` would tell nothing about what is switched off; empty if they will."""
    every = ["--numprocesses=auto", *sorted(set(tests))]
    return _wrong(_in_checkout(NO_APP, tests[:1]), _in_checkout(None, every))


def _wrong(broken: Verdict, control: Verdict) -> str:
    if broken.complete:
        return "The tests do not run against the copy."
    if control.found_by or not control.complete:
        return f"The tests fail without any mutant:\n{control.output}"
    return ""


def _in_checkout(mutant: SwitchedOff | None, words: Sequence[str]) -> Verdict:
    """What a test leaves running, since the mechanism that would end it is switched off, is ended here."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        mutant.write(Path(folder)) if mutant else copy("", Path(folder))
        try:
            return _run(words, Path(folder))
        finally:
            for process in processes_of("", Path(folder)):
                process.kill()


def _run(words: Sequence[str], folder: Path) -> Verdict:
    """The output goes to a file: a pipe would be waited for as long as a process that is left over has it open."""
    command = [sys.executable, "-B", "-m", "pytest", *OPTIONS, *words]
    with tempfile.TemporaryFile("w+") as output:
        try:
            ended = subprocess.run(command, cwd=folder, stdout=output, stderr=output, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            return Verdict("", False, str(error))
        output.seek(0)
        told = output.read()
    found = FOUND.search(told)
    complete = ended.returncode == 0 or (ended.returncode == 1 and found is not None)
    return Verdict(found[1] if found else "", complete, told)
