"""An exception from outside, before each bytecode of the guard: what one must see afterwards, wherever it struck."""

from __future__ import annotations

from collections.abc import Callable

from guards import outcome_of
from guards.memory import State
from tests.guards.forms import (
    Form,
    Report,
    Scenario,
    async_generator,
    coroutine,
    function,
    generator,
    report_of,
    with_block,
)
from tests.guards.runs import Ground, raising
from tests.guards.striking import Striker, Struck, every_bytecode


def got_in_and_failed(ground: Ground) -> Callable[[int], None]:
    def enqueue(run: int) -> None:
        ground.enqueue(run)
        raise ConnectionError("reply lost")

    return enqueue


def claimed_and_failed(ground: Ground) -> Callable[[int], None]:
    def enqueue(run: int) -> None:
        ground.enqueue(run)
        ground.work()
        raise ConnectionError("reply lost")

    return enqueue


SCENARIOS: dict[str, Callable[[Ground], Scenario]] = {
    "all goes well": lambda _: Scenario(),
    "a step fails": lambda _: Scenario(step=raising(OSError("403"))),
    "a step exits": lambda _: Scenario(step=raising(SystemExit(1))),
    "enqueueing fails": lambda ground: Scenario(enqueue=got_in_and_failed(ground)),
    "enqueueing exits": lambda _: Scenario(enqueue=raising(SystemExit(1))),
    "a worker has it": lambda ground: Scenario(enqueue=claimed_and_failed(ground)),
    "stopped meanwhile": lambda ground: Scenario(step=lambda: ground.ledger.stop(1)),
    "never dispatched": lambda _: Scenario(dispatches=False),
}


FORMS: tuple[Form, ...] = (with_block, function, generator, coroutine, async_generator)
"""One of each kind: the others have no code of their own in the guard."""


def strike_everywhere(form: Form, scenario: str, every: int) -> int:
    """Strike before every n-th bytecode that is executed; how many that were. Raises `AssertionError`."""
    scenario_of = SCENARIOS[scenario]
    ground = Ground()
    places = every_bytecode(lambda: report_of(form, ground, scenario_of(ground)))[::every]
    left_open = 0
    for place in places:
        ground = Ground()
        with Striker(place) as striker:
            report = report_of(form, ground, scenario_of(ground))
        if place in striker.seen and not striker.lost:
            check(ground, report, striker.struck_at)
            left_open += bool(ground.ledger.rows) and ground.state is State.OPEN
        del report
    assert left_open < 0.15 * len(places)
    return len(places)


def check(ground: Ground, report: Report, place: str) -> None:
    """The invariants, whatever has happened."""
    state = ground.state if ground.ledger.rows else None
    seen = f"struck at {place}: {state}, {ground.undone}, {report.error!r}"
    assert told(report), f"the strike is lost: {seen}"
    if ground.undone:
        assert state in (State.FAILED, State.STOPPED), f"undone, and may be executed: {seen}"
    if state is State.FAILED:
        assert len(set(ground.undone)) == registered(report), f"half undone: {seen}"
        assert ground.work() == [], f"an error is executed: {seen}"
    outcome = report.error and outcome_of(report.error)
    if outcome:
        assert not outcome.failed or state is State.FAILED, f"a lie about the error: {seen}"
        assert not outcome.dispatched or state in (State.SEALED, State.CLAIMED), f"a lie: {seen}"


def registered(report: Report) -> int:
    stack = report.guard._course.undo if report.guard else None
    return len({*stack.done, *stack.waiting}) if stack else 0


def told(report: Report) -> bool:
    """The process is told to end, by the strike or by the exit that was there before."""
    return isinstance(report.error, Struck | SystemExit)
