"""Undo actions: each on its own, bounded in time, shielded, and told."""

from __future__ import annotations

import functools
import time

import pytest

from guards import Limits, Mark, UndoFailure, pre_dispatch_guard
from guards.memory import State
from tests.guards.runs import Broken, Ground, outcome, raising


class Store:
    """Something with a method that undoes."""

    def delete(self, prefix: str, *, recursive: bool = False) -> None:
        raise PermissionError(f"{prefix} recursive={recursive}")


def test_an_action_gets_its_arguments_and_is_named_after_its_function_alone(ground: Ground) -> None:
    store = Store()
    with pytest.raises(OSError) as caught, pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        guard.on_failure(store.delete, "runs/1/", recursive=True)
        guard.on_failure(functools.partial(store.delete, "runs/1/"))
        guard.on_failure(Store)  # does nothing
        raise OSError
    assert outcome(caught.value).undo_failures == (
        UndoFailure("Store.delete", "PermissionError: runs/1/ recursive=False"),
        UndoFailure("Store.delete", "PermissionError: runs/1/ recursive=True"),
    )


def test_no_action_is_started_past_the_total_limit_and_those_left_are_told(ground: Ground) -> None:
    limits = Limits(total_seconds=0.01)
    with pytest.raises(OSError) as caught, pre_dispatch_guard(ground.ledger, limits=limits) as guard:
        guard.open(ground.create, guard.token)
        guard.on_failure(ground.undone.append, "never")
        guard.on_failure(busy, 0.02)
        guard.on_failure(ground.undone.append, "in time")
        raise OSError
    assert ground.undone == ["in time"]
    (failure,) = outcome(caught.value).undo_failures
    assert failure.reason == "not started: the time for undoing was over"
    assert ground.state is State.FAILED


def busy(seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        pass


@pytest.mark.parametrize("first", [OSError("403"), SystemExit(1)], ids=["failure", "exit"])
@pytest.mark.parametrize("second", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_undoing_is_shielded_from_a_second_exit(
    ground: Ground, first: BaseException, second: type[BaseException]
) -> None:
    """It cuts off one action, which is run again; then the others run; then one of the two errors is raised."""
    tries: list[str] = []

    def cut_off_once() -> None:
        tries.append("try")
        if len(tries) == 1:
            raise second("second")

    with pytest.raises(BaseException) as caught, pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        guard.on_failure(ground.undone.append, "last")
        guard.on_failure(cut_off_once)
        raise first
    assert (tries, ground.undone, ground.state) == (["try", "try"], ["last"], State.FAILED)
    assert outcome(first).undo_failures == ()
    if isinstance(first, SystemExit):
        assert caught.value is first
    else:
        assert isinstance(caught.value, second)
        assert caught.value.__cause__ is first
    assert outcome(caught.value).mark is Mark.MADE
    assert any("interrupted while it was settled" in note for note in first.__notes__)


def test_an_action_that_always_exits_is_given_up_and_the_others_run(ground: Ground) -> None:
    with pytest.raises(SystemExit) as caught, pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        guard.on_failure(ground.undone.append, "last")
        guard.on_failure(raising(SystemExit(3)))
        raise OSError
    (failure,) = outcome(caught.value).undo_failures
    assert failure.reason == "interrupted each time"
    assert (ground.undone, ground.state) == (["last"], State.FAILED)


def test_an_exit_while_the_row_is_marked_does_not_unmake_the_mark(ground: Ground) -> None:
    ground.ledger = Broken("mark_error", after=True, times=1, error=KeyboardInterrupt())
    error = OSError("403")
    with pytest.raises(KeyboardInterrupt), pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        guard.on_failure(ground.undone.append, "last")
        raise error
    assert (ground.state, ground.undone) == (State.FAILED, ["last"])
    assert (outcome(error).mark, ground.row.reason) == (Mark.MADE, "OSError: 403")


def test_what_was_taken_before_open_is_given_back_when_open_raises(ground: Ground) -> None:
    with pytest.raises(ValueError), pre_dispatch_guard(ground.ledger) as guard:
        guard.on_failure(ground.undone.append, "semaphore")
        guard.open(raising(ValueError("no slot")))
    assert ground.undone == ["semaphore"]


def test_a_timeout_that_strikes_within_an_action_is_its_failure_alone(ground: Ground) -> None:
    """RQ's `JobTimeoutException` is an ordinary exception, which can strike anywhere."""
    job_timeout = type("JobTimeoutException", (Exception,), {})
    error = OSError("403")
    with pytest.raises(OSError) as caught, pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        guard.on_failure(ground.undone.append, "last")
        guard.on_failure(raising(job_timeout("180 s")))
        raise error
    assert caught.value is error
    assert ground.undone == ["last"]
    assert outcome(error).undo_failures[0].reason == "JobTimeoutException: 180 s"


@pytest.mark.parametrize("count", [1, 30])
def test_however_many_actions_exit_each_is_given_up_and_the_others_run(ground: Ground, count: int) -> None:
    with pytest.raises(SystemExit) as caught, pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        guard.on_failure(ground.undone.append, "last")
        for _ in range(count):
            guard.on_failure(raising(SystemExit(3)))
        raise OSError
    assert ground.undone == ["last"]
    assert len(outcome(caught.value).undo_failures) == count
