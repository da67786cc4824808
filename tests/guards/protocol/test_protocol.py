"""Of four ways to build the guard one keeps the promises in every state that it can get into."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guards.protocol.actors import moves
from tests.guards.protocol.explore import FINAL, NEVER_STUCK, NEVER_TOUCHED, PROMISES, WITH_RESULT, explore
from tests.guards.protocol.report import DESIGNS, explored, lines
from tests.guards.protocol.state import TERMINAL, Design

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "guard.md"
RIGHT = Design(swap=True, reconciler=True)


def test_only_a_swap_and_a_reconciler_together_keep_all_promises() -> None:
    assert [design for design in DESIGNS if not explored(design).broken] == [RIGHT]


@pytest.mark.parametrize(
    ("design", "broken"),
    [
        (Design(swap=True, reconciler=False), {NEVER_STUCK}),
        (Design(swap=False, reconciler=True), {NEVER_TOUCHED, FINAL, WITH_RESULT}),
        (Design(swap=False, reconciler=False), set(PROMISES)),
    ],
    ids=lambda value: value.name if isinstance(value, Design) else "",
)
def test_each_part_is_there_for_promises_of_its_own(design: Design, broken: set[str]) -> None:
    assert set(explored(design).broken) == broken


def test_a_swap_that_does_not_name_the_attempt_fails_what_a_worker_has_had() -> None:
    """A run that was handed back is QUEUED again, but no longer as the request has left it."""
    broken = explore(RIGHT._replace(names_attempt=False)).broken
    assert set(broken) == {NEVER_TOUCHED}
    assert "hands it back" in str(broken[NEVER_TOUCHED][-2])


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


def test_the_document_shows_what_the_command_prints() -> None:
    assert "\n".join(lines()) in DOCUMENT.read_text()
