"""Every mutant can still be made from the code of today, and is hunted down when it is made."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.__main__ import SWITCHED_OFF, line
from tests.mutants.hunt import TESTS, Verdict
from tests.mutants.mutant import ROOT, Mutant, SourceChanged, SwitchedOff
from tests.mutants.wrong_guards import MUTANTS

ALL = [*MUTANTS, *SWITCHED_OFF]


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_every_patch_still_applies_and_makes_another_program(mutant: Mutant) -> None:
    source = mutant.path.read_text()
    assert ast.dump(ast.parse(mutant.of(source))) != ast.dump(ast.parse(source))


@pytest.mark.parametrize("source", ["nothing of it", "old and old"])
def test_a_patch_whose_source_has_changed_says_so(source: str) -> None:
    with pytest.raises(SourceChanged, match="write the patch anew"):
        Mutant("name", "file.py", "old", "new").of(source)


def test_every_mistake_has_a_name_of_its_own() -> None:
    assert len({mutant.name for mutant in ALL}) == len(ALL)


def test_the_tests_that_hunt_are_there() -> None:
    assert [test for test in TESTS if not (ROOT / test).is_file()] == []


@pytest.mark.parametrize("mutant", SWITCHED_OFF, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_the_test_that_must_find_it_is_there(mutant: SwitchedOff) -> None:
    file, _, name = mutant.test.partition("::")
    source = (ROOT / file).read_text()
    wanted = name.rpartition("::")[2].partition("[")[0]
    inherited = name.startswith("TestExecutionLedger::")
    assert f"def {wanted}(" in (source + (ROOT / "guards/conformance.py").read_text() if inherited else source)


def test_a_run_that_was_broken_off_is_not_counted_as_a_kill() -> None:
    mutant = MUTANTS[0]
    assert line(mutant, Verdict("", False, "no tests")).startswith("UNDECIDED")
    assert line(mutant, Verdict("", True, "")).startswith("SURVIVED")
    assert line(mutant, Verdict("test_x.py::test_y", True, "")).startswith("killed")
