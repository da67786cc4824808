"""Every row of the guard's table, for every form in which one can write a guarded piece of code."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from guards import DecidedElsewhere, Mark, NeverDispatched, Phase, outcome_of
from guards.memory import MemoryLedger, State
from tests.guards.forms import ASYNC, PLAIN, Form, Report, Scenario, report_of
from tests.guards.runs import Broken, Ground, Made, outcome, raising

GREENLET_EXIT = type("GreenletExit", (BaseException,), {})
EXITS = [KeyboardInterrupt, SystemExit, GREENLET_EXIT]
UNDONE = ["second", "first"]

Play = Callable[..., Report]


@pytest.fixture(params=[*PLAIN, *ASYNC], ids=lambda form: form.__name__)
def play(request: pytest.FixtureRequest, ground: Ground) -> Play:
    form: Form = request.param
    return partial(report_of, form, ground)


def test_a_run_whose_steps_succeed_is_sealed_enqueued_and_not_undone(play: Play, ground: Ground) -> None:
    report = play(Scenario())
    assert report.error is None
    assert report.result == "job-1"
    assert (ground.state, ground.queue, ground.undone) == (State.SEALED, [1], [])
    assert (report.guard.phase, report.guard.outcome, report.guard.run) == (Phase.ENDED, None, 1)


def test_the_seal_comes_before_the_queue(play: Play, ground: Ground) -> None:
    report = play(Scenario(enqueue=lambda _: ground.state))
    assert report.result is State.SEALED


def test_the_guard_tells_its_phase(play: Play, ground: Ground) -> None:
    phases: list[Phase] = []
    report = Report()

    def look(*_: Any) -> None:
        phases.append(report.guard.phase)

    def create(token: str) -> Made:
        look()
        return ground.create(token)

    def seal(run: int, token: str) -> bool:
        look()
        return type(ground.ledger).seal(ground.ledger, run, token)

    ground.ledger.seal = seal  # type: ignore[method-assign]
    play(Scenario(create=create, step=look, enqueue=look, after=look), report)
    assert phases == [Phase.NEW, Phase.OPEN, Phase.SEALING, Phase.SEALED, Phase.DISPATCHED]


def test_when_open_raises_there_is_no_row_of_ours_and_the_error_passes(play: Play, ground: Ground) -> None:
    error = ValueError("no free slot")
    report = play(Scenario(create=raising(error)))
    assert report.error is error
    assert outcome_of(error) is None
    assert report.guard.outcome is None
    assert ground.ledger.rows == {}


def test_a_row_of_someone_else_is_never_marked(play: Play, ground: Ground) -> None:
    ground.ledger.add(1, "of another guard")
    assert isinstance(play(Scenario()).error, ValueError)
    assert ground.state is State.OPEN


def test_a_failed_step_marks_the_row_then_undoes_in_reverse_then_raises(play: Play, ground: Ground) -> None:
    error = OSError("storage said 403")
    report = play(Scenario(step=raising(error)))
    assert report.error is error
    assert (ground.state, ground.undone) == (State.FAILED, UNDONE)
    assert ground.row.reason == "OSError: storage said 403"
    assert outcome(error) == report.guard.outcome
    assert (outcome(error).run, outcome(error).reason) == (1, ground.row.reason)
    assert (outcome(error).mark, outcome(error).failed) == (Mark.MADE, True)
    assert report.guard.phase is Phase.ENDED


def test_the_row_is_marked_before_anything_is_undone(play: Play, ground: Ground) -> None:
    states: list[State] = []
    report = Report()

    class Watching(list[str]):
        def append(self, what: str) -> None:
            states.append(ground.state)

    ground.undone = Watching()
    report = play(Scenario(step=raising(OSError())))
    assert report.error is not None
    assert states == [State.FAILED, State.FAILED]


def test_the_original_error_keeps_its_traceback_and_its_cause(play: Play) -> None:
    cause = KeyError("inner")

    def step() -> None:
        raise OSError("outer") from cause

    error = play(Scenario(step=step)).error
    assert isinstance(error, OSError)
    assert error.__cause__ is cause
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    assert frames[-1] == "step"
    assert not hasattr(error, "__notes__")


@pytest.mark.parametrize("kind", EXITS, ids=lambda kind: kind.__name__)
def test_an_exit_is_marked_undone_and_raised_again(play: Play, ground: Ground, kind: type[BaseException]) -> None:
    error = kind()
    report = play(Scenario(step=raising(error)))
    assert report.error is error
    assert (ground.state, ground.row.reason) == (State.FAILED, kind.__name__)
    assert ground.undone == UNDONE


def test_when_marking_fails_everything_is_undone_all_the_same(play: Play, ground: Ground) -> None:
    ground.ledger = Broken("mark_error")
    error = OSError("403")
    assert play(Scenario(step=raising(error))).error is error
    assert (ground.state, ground.undone) == (State.OPEN, UNDONE)
    assert (outcome(error).mark, outcome(error).failed) == (Mark.FAILED, True)
    assert error.__notes__ == ["the run could not be marked as failed: ConnectionError: database is away"]


@pytest.mark.parametrize("after", [False, True], ids=["request lost", "answer lost"])
def test_a_mark_that_met_one_fault_is_made_once_more_and_counts_as_ours(
    play: Play, ground: Ground, after: bool
) -> None:
    ground.ledger = Broken("mark_error", after=after, times=1)
    error = play(Scenario(step=raising(OSError("403")))).error
    assert ground.state is State.FAILED
    assert outcome(error).mark is Mark.MADE
    assert not hasattr(error, "__notes__")


def test_a_row_that_someone_else_has_moved_is_not_marked_and_ours_is_undone(play: Play, ground: Ground) -> None:
    def stopped() -> None:
        ground.ledger.stop(1)
        raise OSError("403")

    error = play(Scenario(step=stopped)).error
    assert (ground.state, ground.undone) == (State.STOPPED, UNDONE)
    assert (outcome(error).mark, outcome(error).failed) == (Mark.LOST, False)


def test_a_run_decided_before_its_seal_is_not_enqueued(play: Play, ground: Ground) -> None:
    error = play(Scenario(step=lambda: ground.ledger.stop(1))).error
    assert isinstance(error, DecidedElsewhere)
    assert (ground.state, ground.queue, ground.undone) == (State.STOPPED, [], UNDONE)
    assert (outcome(error).mark, outcome(error).failed) == (Mark.LOST, False)


def test_a_seal_that_was_committed_though_its_answer_was_lost_is_enqueued(play: Play, ground: Ground) -> None:
    ground.ledger = Broken("seal", after=True)
    report = play(Scenario())
    assert (report.error, report.result, report.guard.outcome) == (None, "job-1", None)
    assert (ground.state, ground.queue, ground.undone) == (State.SEALED, [1], [])


def test_a_seal_that_was_not_committed_fails_the_run(play: Play, ground: Ground) -> None:
    ground.ledger = Broken("seal")
    report = play(Scenario())
    assert report.error is ground.ledger.error
    assert (ground.state, ground.queue, ground.undone) == (State.FAILED, [], UNDONE)
    assert outcome(report.error).mark is Mark.MADE


@pytest.mark.parametrize("after", [False, True], ids=["open", "sealed"])
def test_while_nobody_can_read_whether_the_seal_was_committed_nothing_is_undone(
    play: Play, ground: Ground, after: bool
) -> None:
    ground.ledger = Broken("seal", "standing", after=after)
    error = play(Scenario()).error
    assert ground.state is (State.SEALED if after else State.OPEN)
    assert (ground.queue, ground.undone) == ([], [])
    assert (outcome(error).unknown, outcome(error).failed, outcome(error).dispatched) == (True, False, False)


def test_a_seal_that_is_committed_while_the_guard_looks_is_taken_back_before_a_worker_claims_it(
    play: Play, ground: Ground
) -> None:
    """The statement goes on in the database after its client has given up."""

    class Late(Broken):
        def mark_error(self, run: int, reason: str, token: str, *, sealed: bool) -> bool:
            if not sealed:
                MemoryLedger.seal(self, run, token)
            return super().mark_error(run, reason, token, sealed=sealed)

    ground.ledger = Late("seal")
    error = play(Scenario()).error
    assert (ground.state, ground.queue, ground.undone) == (State.FAILED, [], UNDONE)
    assert outcome(error).mark is Mark.MADE


def test_a_seal_that_was_not_committed_and_a_mark_without_answer_leave_the_run_undecided(
    play: Play, ground: Ground
) -> None:
    ground.ledger = Broken("seal", "mark_error")
    error = play(Scenario()).error
    assert (ground.queue, ground.undone) == ([], [])
    assert outcome(error).unknown


def test_an_exit_that_cuts_off_the_mark_of_an_unsealed_run_does_not_leave_it_undecided(
    play: Play, ground: Ground
) -> None:
    class CutOff(Broken):
        def mark_error(self, run: int, reason: str, token: str, *, sealed: bool) -> bool:
            again = run in self.rows and self.rows[run].marked
            MemoryLedger.mark_error(self, run, reason, token, sealed=sealed)
            if again:
                pytest.fail("marked twice")
            raise KeyboardInterrupt

    ground.ledger = CutOff("seal")
    report = play(Scenario())
    assert isinstance(report.error, KeyboardInterrupt)
    assert (ground.state, ground.undone) == (State.FAILED, UNDONE)
    assert outcome(report.error).mark is Mark.MADE


@pytest.mark.parametrize("kind", EXITS[:2], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("after", [False, True], ids=["not sealed", "sealed"])
def test_an_exit_while_sealing_takes_the_run_back(
    play: Play, ground: Ground, after: bool, kind: type[BaseException]
) -> None:
    ground.ledger = Broken("seal", after=after, error=kind())
    assert play(Scenario()).error is ground.ledger.error
    assert (ground.state, ground.queue, ground.undone) == (State.FAILED, [], UNDONE)


def test_a_run_taken_while_its_seal_is_unknown_is_left_to_whoever_took_it(play: Play, ground: Ground) -> None:
    class Overtaken(Broken):
        def seal(self, run: int, token: str) -> bool:
            try:
                return super().seal(run, token)
            finally:
                self.claim(run)

    ground.ledger = Overtaken("seal", after=True)
    error = play(Scenario()).error
    assert (ground.state, ground.undone) == (State.CLAIMED, [])
    assert outcome(error).unknown


@pytest.mark.parametrize("kind", [ConnectionError, *EXITS], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("got_in", [False, True], ids=["not enqueued", "enqueued"])
def test_when_enqueueing_fails_before_a_worker_has_the_run_it_is_failed_and_never_executed(
    play: Play, ground: Ground, got_in: bool, kind: type[BaseException]
) -> None:
    error = kind()

    def enqueue(run: int) -> None:
        if got_in:
            ground.enqueue(run)
        raise error

    assert play(Scenario(enqueue=enqueue)).error is error
    assert (ground.state, ground.undone) == (State.FAILED, UNDONE)
    assert ground.work() == []
    assert outcome(error).mark is Mark.MADE


def test_when_enqueueing_fails_but_a_worker_has_the_run_it_is_dispatched(play: Play, ground: Ground) -> None:
    report = play(Scenario(enqueue=claimed_and_lost(ground, ConnectionError("reply lost"))))
    assert (report.error, report.result) == (None, None)
    assert (ground.state, ground.undone) == (State.CLAIMED, [])
    assert (report.guard.outcome.dispatched, report.guard.outcome.failed) == (True, False)
    assert report.guard.outcome.reason == "ConnectionError: reply lost"


@pytest.mark.parametrize("kind", EXITS, ids=lambda kind: kind.__name__)
def test_an_exit_while_a_worker_has_the_run_is_raised_and_nothing_undone(
    play: Play, ground: Ground, kind: type[BaseException]
) -> None:
    error = kind()
    assert play(Scenario(enqueue=claimed_and_lost(ground, error))).error is error
    assert (ground.state, ground.undone) == (State.CLAIMED, [])
    assert (outcome(error).dispatched, outcome(error).failed) == (True, False)


def test_when_enqueueing_and_marking_fail_nobody_knows_and_nothing_is_undone(play: Play, ground: Ground) -> None:
    ground.ledger = Broken("mark_error")
    error = ConnectionError("queue away")
    assert play(Scenario(enqueue=raising(error))).error is error
    assert (ground.state, ground.undone) == (State.SEALED, [])
    assert outcome(error).unknown


def test_an_error_that_means_accepted_is_a_dispatch(play: Play, ground: Ground) -> None:
    accepted = {"accepted": (FileExistsError,)}
    report = play(Scenario(enqueue=raising(FileExistsError()), options=accepted))
    assert (report.error, report.result, report.guard.outcome) == (None, None, None)
    assert (ground.state, ground.undone) == (State.SEALED, [])


@pytest.mark.parametrize("refused", [True, False])
def test_the_outcome_says_whether_the_queue_surely_refused(play: Play, ground: Ground, refused: bool) -> None:
    error = ConnectionRefusedError() if refused else TimeoutError()
    play(Scenario(enqueue=raising(error), options={"refused": (ConnectionRefusedError,)}))
    assert outcome(error).refused is refused
    assert ground.state is State.FAILED


@pytest.mark.parametrize("kind", [ValueError, *EXITS], ids=lambda kind: kind.__name__)
def test_what_fails_after_the_dispatch_touches_nothing_and_tells_that_the_run_goes_on(
    play: Play, ground: Ground, kind: type[BaseException]
) -> None:
    error = kind("enrichment")
    report = play(Scenario(after=raising(error)))
    assert report.error is error
    assert (ground.state, ground.queue, ground.undone) == (State.SEALED, [1], [])
    assert (outcome(error).mark, outcome(error).dispatched, outcome(error).failed) == (Mark.NONE, True, False)
    assert outcome(error).reason == f"{kind.__name__}: enrichment"


def test_a_block_without_a_dispatch_fails_the_run(play: Play, ground: Ground) -> None:
    error = play(Scenario(dispatches=False)).error
    assert isinstance(error, NeverDispatched)
    assert (ground.state, ground.undone) == (State.FAILED, UNDONE)
    assert outcome(error).reason.startswith("NeverDispatched: The block ended without a dispatch")


def claimed_and_lost(ground: Ground, error: BaseException) -> Callable[[int], None]:
    """The job gets in, a worker takes it at once, and the reply is lost."""

    def enqueue(run: int) -> None:
        ground.enqueue(run)
        assert ground.work() == [run]
        raise error

    return enqueue
