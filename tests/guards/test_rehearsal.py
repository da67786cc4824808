"""The public switch for tests: an application's own code, at every boundary, without a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from guards import Happening, Mark, current_guard, outcome_of, pre_dispatch_guard
from guards.memory import State
from guards.testing import Rehearsal, rehearse
from tests.guards.runs import raising

UNREACHABLE: Any = object()
"""The application's ledger, whose database is not there in a test."""


@dataclass
class Application:
    """Code that submits a run, as one writes it without thinking of tests."""

    queue: list[int]
    files: list[str]

    def submit(self) -> None:
        with pre_dispatch_guard(UNREACHABLE) as guard:
            run = guard.open(lambda: Row(1))
            guard.on_failure(self.files.clear)
            self.files.append("staged")
            guard.dispatch(self.queue.append, run.id)


@dataclass
class Row:
    id: int


@pytest.fixture
def application() -> Application:
    return Application([], [])


def test_without_a_crash_all_goes_well(application: Application) -> None:
    with rehearse() as rehearsal:
        application.submit()
    assert rehearsal.row(1).state is State.SEALED
    assert rehearsal.happened(1) == [Happening.OPENED, Happening.SEALED, Happening.DISPATCHED]


@pytest.mark.parametrize(
    ("points", "state", "queue", "files", "mark"),
    [
        ({"at": Happening.OPENED}, State.FAILED, [], [], Mark.MADE),
        ({"before": "seal"}, State.FAILED, [], [], Mark.MADE),
        ({"at": Happening.SEALED}, State.FAILED, [], [], Mark.MADE),
        ({"at": Happening.DISPATCHED}, State.SEALED, [1], ["staged"], Mark.NONE),
    ],
)
@pytest.mark.parametrize("error", [ConnectionError("away"), KeyboardInterrupt()])
def test_a_crash_at_a_point_has_the_end_that_the_table_says(
    application: Application,
    error: BaseException,
    points: Any,
    state: State,
    queue: list[int],
    files: list[str],
    mark: Mark,
) -> None:
    with rehearse() as rehearsal, pytest.raises(type(error)) as caught:
        rehearsal.crash(error, **points)
        application.submit()
    outcome = outcome_of(caught.value)
    assert outcome is not None
    assert (rehearsal.row(1).state, outcome.mark) == (state, mark)
    assert (application.queue, application.files) == (queue, files)


def test_a_lost_answer_of_the_seal_is_found_out(application: Application) -> None:
    with rehearse() as rehearsal:
        rehearsal.crash(ConnectionError("away"), after="seal")
        application.submit()
    assert (rehearsal.row(1).state, application.queue) == (State.SEALED, [1])


def test_a_crash_happens_as_often_as_asked(application: Application) -> None:
    with rehearse() as rehearsal, pytest.raises(ConnectionError) as caught:
        rehearsal.crash(ConnectionError("away"), after="seal")
        rehearsal.crash(ConnectionError("away"), before="standing", times=3)
        application.submit()
    outcome = outcome_of(caught.value)
    assert outcome is not None
    assert outcome.unknown
    assert application.files == ["staged"]


def test_a_row_is_adopted_without_being_made(application: Application) -> None:
    class Adopting:
        adopt = raising(AssertionError())

    ledger: Any = Adopting()

    @pre_dispatch_guard(ledger, execution_id="run")
    def submit(run: int) -> None:
        current_guard().dispatch(application.queue.append, run)

    with rehearse() as rehearsal:
        submit(5)
    assert rehearsal.row(5).state is State.SEALED


def test_the_switch_is_off_after_the_block_and_cannot_be_on_twice() -> None:
    with rehearse(), pytest.raises(RuntimeError, match="one at a time"), rehearse():
        pytest.fail("two rehearsals")
    with rehearse() as again:
        assert isinstance(again, Rehearsal)
