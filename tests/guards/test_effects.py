"""Every call to the outside fails in every way, with each undo failing, for both guards: what one sees afterwards."""

from __future__ import annotations

import pytest

from guards import outcome_of, reason_of
from guards.memory import State
from tests.guards.effects import Case, Raised, combinations
from tests.guards.fault import ALWAYS, HANGS, KILLED, ONCE, Fault
from tests.guards.staged_run import Run, Stage, asynchronous, plain, played


@pytest.mark.parametrize("run", [plain, asynchronous], ids=["plain", "async"])
@pytest.mark.parametrize(("case", "undo_fails"), combinations().values(), ids=combinations())
def test_whatever_fails_the_row_the_inputs_the_queue_and_the_error_agree(
    run: Run, undo_fails: str | None, case: Case
) -> None:
    stage = played(run, Stage(Fault(case.site, case.kind, case.times), undo_fails))
    assert_row(stage, case)
    assert_undone(stage, case)
    assert_dispatched(stage, case)
    assert_raised(stage, case)
    assert_told(stage, case)


@pytest.mark.parametrize("claimed", [False, True], ids=["waiting", "claimed"])
def test_a_seal_that_is_committed_after_its_time_was_up_is_seen_when_the_mark_finds_no_open_row(claimed: bool) -> None:
    """The statement went on in the database: after the guard has looked, and before it marks."""
    stage = Stage(Fault("seal", HANGS, ONCE), None)
    stage.late_seal = lambda: stage.ground.ledger.claim(1) if claimed else None
    played(plain, stage)
    assert stage.raised is stage.fault.error
    assert stage.ground.state is (State.CLAIMED if claimed else State.FAILED)
    assert stage.ground.undone == ([] if claimed else ["second", "first"])
    assert stage.guard.outcome.unknown is claimed


def assert_row(stage: Stage, case: Case) -> None:
    assert stage.ground.state is case.expected.state
    if stage.ground.state is State.FAILED:
        assert stage.ground.row.reason == reason_of(first_error(stage, case))


def assert_undone(stage: Stage, case: Case) -> None:
    expected = [which for which in ("second", "first") if case.expected.undone and is_undone(stage, case, which)]
    assert list(dict.fromkeys(stage.ground.undone)) == expected


def assert_dispatched(stage: Stage, case: Case) -> None:
    """A worker executes what is sealed, never what has been taken back, though it may stand in the queue."""
    queued = case.site == "after" or reaches_the_queue(stage, case)
    assert stage.ground.queue == ([1] if queued else [])
    assert stage.ground.work() == ([1] if queued and case.expected.state is State.SEALED else [])


def assert_raised(stage: Stage, case: Case) -> None:
    """The same object, and a put-off exit names what it was put off for."""
    errors = {Raised.NOTHING: None, Raised.FIRST: stage.first, Raised.FAULT: stage.fault.error}
    assert stage.raised is errors[case.expected.raised]
    if case.expected.raised is Raised.FAULT and case.site.startswith(("mark", "undo")):
        assert stage.raised is not None
        assert stage.raised.__cause__ is stage.first


def assert_told(stage: Stage, case: Case) -> None:
    """The guard and the error tell the same outcome; each undo action that failed is in it."""
    outcome = stage.guard.outcome
    assert (outcome and outcome.mark) == case.expected.mark
    if stage.raised is not None:
        assert outcome_of(stage.raised) == outcome
    if outcome is not None:
        assert outcome.reason == reason_of(first_error(stage, case))
        assert outcome.dispatched is (case.site in ("after", "enqueue_claimed"))
        assert len(outcome.undo_failures) == failed_undos(stage, case)


def first_error(stage: Stage, case: Case) -> BaseException:
    """What failed first: the fault itself, unless its site is only reached by another failure."""
    strikes_late = case.site.startswith(("mark", "standing", "undo"))
    exit_in_the_seal = case.site.startswith("standing") and case.kind in KILLED
    return stage.first if strikes_late and not exit_in_the_seal else stage.fault.error


def is_undone(stage: Stage, case: Case, which: str) -> bool:
    if stage.undo_fails == which:
        return False
    struck = case.site == f"undo_{which}"
    tried_again = case.kind in KILLED and case.times != ALWAYS
    return not struck or stage.fault.has_effect or tried_again


def failed_undos(stage: Stage, case: Case) -> int:
    if not case.expected.undone:
        return 0
    struck = case.site.startswith("undo") and (case.kind not in KILLED or case.times == ALWAYS)
    return struck + (stage.undo_fails is not None)


def reaches_the_queue(stage: Stage, case: Case) -> bool:
    went_well = case.site == "seal" and case.expected.raised is Raised.NOTHING
    return went_well or (case.site.startswith("enqueue") and stage.fault.has_effect)
