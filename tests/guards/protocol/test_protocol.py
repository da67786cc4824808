"""Of four ways to build the guard one keeps the promises in every state that it can get into."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guards.protocol.actors import moves
from tests.guards.protocol.explore import FINAL, NEVER_STUCK, NEVER_TOUCHED, PROMISES, WITH_RESULT, explore
from tests.guards.protocol.report import DESIGNS, explored, lines, row, told
from tests.guards.protocol.state import TERMINAL, Design

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "guard.md"
RIGHT = Design(swap=True, reconciler=True)
BY_STATUS = RIGHT._replace(names_attempt=False)
WITHOUT_SWAP = (Design(swap=False, reconciler=True), {NEVER_TOUCHED, FINAL, WITH_RESULT})
"""It has by far the most states: only a proof visits them all."""


def test_only_a_swap_and_a_reconciler_together_keep_all_promises() -> None:
    assert explored(RIGHT).broken == {}
    assert all(explore(design, until={FINAL}).broken for design in DESIGNS if design != RIGHT)


@pytest.mark.parametrize(
    ("design", "broken"),
    [
        (Design(swap=True, reconciler=False), {NEVER_STUCK}),
        (Design(swap=False, reconciler=False), set(PROMISES)),
        pytest.param(*WITHOUT_SWAP, marks=pytest.mark.proof),
    ],
    ids=lambda value: value.name if isinstance(value, Design) else "",
)
def test_each_part_is_there_for_promises_of_its_own(design: Design, broken: set[str]) -> None:
    assert set(explored(design).broken) == broken


def test_a_reconciler_without_a_swap_breaks_what_the_swap_keeps() -> None:
    design, broken = WITHOUT_SWAP
    assert explore(design, until=broken).broken.keys() >= broken


def test_a_swap_that_does_not_name_the_attempt_fails_what_a_worker_has_had() -> None:
    """A run that was handed back is QUEUED again, but no longer as the request has left it."""
    broken = explore(BY_STATUS, until={NEVER_TOUCHED}).broken
    assert "hands it back" in str(broken[NEVER_TOUCHED][-2])


@pytest.mark.proof
def test_a_swap_that_does_not_name_the_attempt_keeps_all_the_rest() -> None:
    assert set(explore(BY_STATUS).broken) == {NEVER_TOUCHED}


def test_the_right_design_is_explored_up_to_every_end() -> None:
    reached = {state.status for state in explored(RIGHT).came_by}
    assert reached >= {*TERMINAL, "PENDING", "QUEUED", "EXECUTING"}
    steps = {str(move) for state in explored(RIGHT).came_by for move in moves(RIGHT, state)}
    assert steps >= {
        "request dies",
        "request marks nothing",
        "request enqueues, twice by a retry",
        "worker dies",
        "worker loses the claim",
        "worker finishes too late",
        "reconciler is too late",
    }


@pytest.mark.proof
def test_the_document_shows_what_the_command_prints() -> None:
    assert "\n".join(lines()) in DOCUMENT.read_text()


def test_the_document_shows_what_is_quickly_explored_as_the_command_prints_it() -> None:
    text = DOCUMENT.read_text()
    quick = [design for design in DESIGNS if design != WITHOUT_SWAP[0]]
    assert [design.name for design in quick if row(design) not in text or told(design) not in text] == []
