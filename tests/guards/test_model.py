"""Random lives of a run, against a model of what must come of each: faults of every kind, at every step, in any mix."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from guards import Mark, outcome_of
from guards.memory import MemoryLedger, State
from tests.guards.forms import ASYNC, PLAIN, Form, Report, Scenario, report_of
from tests.guards.runs import Ground, Made


class Fault(Enum):
    """How a call of the ledger fails."""

    REQUEST_LOST = auto()
    ANSWER_LOST = auto()


class Rival(Enum):
    """What others do with the row, if they can."""

    STOP = auto()
    CLAIM = auto()


FAULTS = st.lists(st.sampled_from([None, None, *Fault]), max_size=4)
ERRORS = st.sampled_from([None, None, OSError, KeyboardInterrupt])
RIVALS = st.sampled_from([None, None, *Rival])


@dataclass
class Life:
    """What befalls one run. Each list of faults is used up call by call; after that all goes well."""

    create: type[BaseException] | None = None
    step: type[BaseException] | None = None
    enqueue: type[BaseException] | None = None
    after: type[BaseException] | None = None
    got_in: bool = True
    dispatches: bool = True
    undo_fails: list[bool] = field(default_factory=list)
    faults: dict[str, list[Fault | None]] = field(default_factory=dict)
    rivals: dict[str, Rival | None] = field(default_factory=dict)


LIVES = st.builds(
    Life,
    create=st.sampled_from([None, None, None, OSError]),
    step=ERRORS,
    enqueue=ERRORS,
    after=ERRORS,
    got_in=st.booleans(),
    dispatches=st.sampled_from([True, True, True, False]),
    undo_fails=st.lists(st.booleans(), min_size=2, max_size=2),
    faults=st.fixed_dictionaries(dict.fromkeys(("seal", "mark_error", "standing"), FAULTS)),
    rivals=st.fixed_dictionaries(dict.fromkeys(("step", "seal", "enqueue", "mark_error"), RIVALS)),
)


class World(MemoryLedger[int]):
    """The ledger, its faults, and the rivals, who act just before a call or just after a lost answer."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self.life, self.lost, self.executed = life, 0, 0

    def rival(self, where: str) -> None:
        rival = self.life.rivals.get(where)
        if rival is Rival.STOP:
            self.stop(1)
        elif rival is Rival.CLAIM and self.claim(1):
            self.executed += 1

    def seal(self, run: int, token: str) -> bool:
        return self._meet("seal", lambda: MemoryLedger.seal(self, run, token))  # type: ignore[no-any-return]

    def mark_error(self, run: int, reason: str, token: str, *, sealed: bool) -> bool:
        self.rival("mark_error")
        mark = MemoryLedger.mark_error
        work = partial(mark, self, run, reason, token, sealed=sealed)
        return self._meet("mark_error", work)  # type: ignore[no-any-return]

    def standing(self, run: int, token: str) -> Any:
        return self._meet("standing", lambda: MemoryLedger.standing(self, run, token))

    def _meet(self, call: str, work: Any) -> Any:
        faults = self.life.faults.get(call, [])
        fault = faults.pop(0) if faults else None
        if fault is Fault.REQUEST_LOST:
            raise ConnectionError(call)
        answer = work()
        if call == "seal":
            self.rival("seal")
        if fault is Fault.ANSWER_LOST:
            raise ConnectionError(call)
        return answer


def live(form: Form, life: Life) -> tuple[Ground, World, Report]:
    world = World(life)
    ground = Ground(world)

    def fail(kind: type[BaseException] | None) -> None:
        if kind is not None:
            raise kind("told so")

    def create(token: str) -> Made:
        fail(life.create)
        return ground.create(token)

    def step() -> None:
        world.rival("step")
        fail(life.step)

    def enqueue(run: int) -> str:
        if life.got_in or life.enqueue is None:
            ground.enqueue(run)
        world.rival("enqueue")
        fail(life.enqueue)
        return "job"

    undo_fails = iter(life.undo_fails)

    class Undone(list[str]):
        def append(self, what: str) -> None:
            super().append(what)
            if next(undo_fails, False):
                raise ValueError("undo")

    ground.undone = Undone()
    scenario = Scenario(create, step, enqueue, lambda: fail(life.after), life.dispatches)
    report = report_of(form, ground, scenario)
    world.executed += len(ground.work())
    return ground, world, report


@pytest.mark.parametrize("form", [*PLAIN[:2], *ASYNC[:1]], ids=lambda form: form.__name__)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(life=LIVES)
def test_whatever_befalls_a_run_it_is_told_truly_and_undone_wholly_or_not_at_all(form: Form, life: Life) -> None:
    ground, world, report = live(form, life)
    outcome = outcome_of(report.error) if report.error is not None else None
    if life.create is not None:
        assert (world.rows, outcome, ground.undone) == ({}, None, [])
        return
    state = ground.state
    event(f"{state}, {outcome.mark if outcome else None}, undone: {bool(ground.undone)}")

    assert ground.undone in ([], ["second", "first"]), "half undone"
    if ground.undone:
        assert world.executed == 0, "undone, and executed"
        assert state is not State.SEALED, "undone, and may be executed"
    if state is State.FAILED:
        assert ground.undone or (outcome is not None and outcome.unknown), "failed, and not undone"
        assert world.executed == 0
        assert ground.row.reason == (outcome or report.guard.outcome).reason
    if report.error is None:
        assert state in (State.SEALED, State.CLAIMED, State.STOPPED)
        assert not ground.undone
        assert ground.queue == [1] or world.executed or state is not State.CLAIMED
    if outcome is not None:
        check_words(outcome.mark, outcome.failed, outcome.dispatched, state)
        assert len(outcome.undo_failures) == (sum(life.undo_fails) if ground.undone else 0)
    if life.step is KeyboardInterrupt:
        assert isinstance(report.error, KeyboardInterrupt)


def check_words(mark: Mark, failed: bool, dispatched: bool, state: State) -> None:
    """What the outcome says is so."""
    if mark is Mark.MADE:
        assert state is State.FAILED
    if failed:
        assert state in (State.FAILED, State.OPEN, State.STOPPED)  # FAILED to mark: a reconciler's, or stopped
    if dispatched:
        assert state in (State.SEALED, State.CLAIMED, State.STOPPED)
    if mark is Mark.LOST:
        assert state in (State.STOPPED, State.CLAIMED)


@settings(max_examples=100, deadline=None)
@given(life=LIVES)
def test_when_nothing_befalls_the_ledger_the_row_is_decided(life: Life) -> None:
    life.faults = {}
    ground, _, report = live(PLAIN[0], life)
    if ground.ledger.rows:
        assert ground.state is not State.OPEN
        assert report.error is None or outcome_of(report.error)
