"""Every wrong guard can still be made from the guard of today, and is hunted down when it is made."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.__main__ import line
from tests.mutants.hunt import TESTS, Verdict
from tests.mutants.mutant import GUARDS, ROOT, Mutant, SourceChanged
from tests.mutants.wrong_guards import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_every_patch_still_applies_and_makes_another_program(mutant: Mutant) -> None:
    source = (GUARDS / mutant.file).read_text()
    assert ast.dump(ast.parse(mutant.of(source))) != ast.dump(ast.parse(source))


@pytest.mark.parametrize("source", ["nothing of it", "old and old"])
def test_a_patch_whose_source_has_changed_says_so(source: str) -> None:
    with pytest.raises(SourceChanged, match="write the patch anew"):
        Mutant("name", "file.py", "old", "new").of(source)


def test_every_mistake_has_a_name_of_its_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


def test_the_tests_that_hunt_are_there() -> None:
    assert [test for test in TESTS if not (ROOT / test).is_file()] == []


def test_a_run_that_was_broken_off_is_not_counted_as_a_kill() -> None:
    mutant = MUTANTS[0]
    assert line(mutant, Verdict("", False, "no tests")).startswith("UNDECIDED")
    assert line(mutant, Verdict("", True, "")).startswith("SURVIVED")
    assert line(mutant, Verdict("test_x.py::test_y", True, "")).startswith("killed")
