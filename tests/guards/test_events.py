"""Each thing that happens to a run is told once, in order, and whoever listens can do no harm."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from guards import Event, Happening, log_event, pre_dispatch_guard, subscribe, unsubscribe
from guards.memory import State
from tests.guards.forms import Scenario, report_of, with_block
from tests.guards.runs import Broken, Ground, raising


@pytest.fixture
def events() -> Iterator[list[Event]]:
    heard: list[Event] = []
    end = subscribe(heard.append)
    yield heard
    end()


def stopped(ground: Ground) -> Callable[[], None]:
    def stop() -> None:
        ground.ledger.stop(1)
        raise OSError("403")

    return stop


OPENED, FAILED = Happening.OPENED, Happening.STEP_FAILED
LOST, MARKED, MARKING_FAILED = Happening.LOST_RACE, Happening.MARKED, Happening.MARKING_FAILED
SEALED, DISPATCHED, UNDECIDED = Happening.SEALED, Happening.DISPATCHED, Happening.UNDECIDED


@pytest.mark.parametrize(
    ("ledger", "scenario", "told"),
    [
        ([], lambda _: Scenario(), [OPENED, SEALED, DISPATCHED]),
        ([], lambda _: Scenario(after=raising(OSError())), [OPENED, SEALED, DISPATCHED]),
        ([], lambda _: Scenario(create=raising(OSError())), []),
        ([], lambda _: Scenario(step=raising(OSError())), [OPENED, FAILED, MARKED]),
        (["mark_error"], lambda _: Scenario(step=raising(OSError())), [OPENED, FAILED, MARKING_FAILED]),
        ([], lambda ground: Scenario(step=stopped(ground)), [OPENED, FAILED, LOST]),
        ([], lambda ground: Scenario(step=lambda: ground.ledger.stop(1)), [OPENED, LOST, FAILED]),
        ([], lambda _: Scenario(enqueue=raising(OSError())), [OPENED, SEALED, FAILED, MARKED]),
        (
            ["mark_error"],
            lambda _: Scenario(enqueue=raising(OSError())),
            [OPENED, SEALED, FAILED, MARKING_FAILED, UNDECIDED],
        ),
    ],
)
def test_what_happens_is_told_in_order(
    ground: Ground,
    events: list[Event],
    ledger: list[str],
    scenario: Callable[[Ground], Scenario],
    told: list[Happening],
) -> None:
    ground.ledger = Broken(*ledger)
    report = report_of(with_block, ground, scenario(ground))
    assert [event.what for event in events] == told
    assert {(event.run, event.token) for event in events} <= {(1, report.guard.token)}


def test_a_failed_undo_is_told_with_its_name_its_reason_and_the_error_itself(
    ground: Ground, events: list[Event]
) -> None:
    error = ValueError("token=abc")
    with pytest.raises(OSError), pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        guard.on_failure(raising(error))
        raise OSError
    event = events[-1]
    assert (event.what, event.reason) == (Happening.UNDO_FAILED, "ValueError: token=***")
    assert event.action.endswith("raises")
    assert event.error is error


def test_a_subscriber_that_raises_is_logged_and_changes_nothing(
    ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    end = subscribe(raising(ValueError("subscriber")))
    try:
        report = report_of(with_block, ground, Scenario())
    finally:
        end()
    assert report.error is None
    assert ground.state is State.SEALED
    assert "a subscriber failed on opened" in caplog.text


def test_whoever_has_unsubscribed_hears_nothing(ground: Ground) -> None:
    heard: list[Event] = []
    subscribe(heard.append)()
    report_of(with_block, ground, Scenario())
    assert heard == []


def test_the_log_tells_of_failures_and_stays_quiet_when_all_goes_well(
    ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        report_of(with_block, ground, Scenario())
        assert caplog.text == ""
        ground.ledger.rows.clear()
        report_of(with_block, ground, Scenario(step=raising(OSError("password=x"))))
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["step_failed run=1: OSError: password=***", "marked run=1: OSError: password=***"]
    with caplog.at_level(logging.DEBUG):
        ground.ledger.rows.clear()
        report_of(with_block, ground, Scenario())
    assert [record.getMessage() for record in caplog.records[2:]] == [
        "opened run=1",
        "sealed run=1",
        "dispatched run=1",
    ]


def test_the_log_can_be_silenced(ground: Ground, caplog: pytest.LogCaptureFixture) -> None:
    unsubscribe(log_event)
    try:
        report_of(with_block, ground, Scenario(step=raising(OSError())))
    finally:
        subscribe(log_event)
    assert caplog.text == ""


def test_an_exit_out_of_a_subscriber_is_an_exit_at_that_step(ground: Ground) -> None:
    def exit_at_the_seal(event: Any) -> None:
        if event.what is Happening.SEALED:
            raise SystemExit(1)

    end = subscribe(exit_at_the_seal)
    try:
        report = report_of(with_block, ground, Scenario())
    finally:
        end()
    assert isinstance(report.error, SystemExit)
    assert (ground.state, ground.queue, ground.undone) == (State.FAILED, [], ["second", "first"])
