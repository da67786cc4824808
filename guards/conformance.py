"""What every ledger must do, as a class of tests to inherit from.

    class TestMyLedger(LedgerConformance):
        @pytest.fixture
        def subject(self, ...) -> LedgerSubject: ...

Each test takes the fixture `subject`, new and empty: your ledger, and how to make, read and move its rows.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from .ledger import Standing

OURS, OTHERS = "0123456789abcdef" * 2, "fedcba9876543210" * 2
REASON = "S3Error: Zugriff verweigert \N{NO ENTRY}; " + "x" * 10_000
RACERS = 8


@dataclass(frozen=True)
class Seen:
    """What one sees of a row from outside: its status in the words of its table, and the stored reason."""

    status: Any
    reason: str | None


class LedgerSubject(Protocol):
    """A ledger under test, and the world around it. Every method commits."""

    @property
    def ledger(self) -> Any:
        """The ledger, plain or asynchronous."""
        ...

    def make(self, token: str) -> Any:
        """Make an open row that carries `token`, as `guard.open` would; return its id."""
        ...

    def absent(self) -> Any:
        """An id of the right type that no row has."""
        ...

    def claim(self, run: Any) -> bool:
        """A worker tries to take a run; False: it must drop the job."""
        ...

    def decide(self, run: Any) -> None:
        """Someone else ends the run for good: an operator stops it, or a reconciler fails it."""
        ...

    def read(self, run: Any) -> Seen:
        """Look at the row."""
        ...


class RescuedLedgerSubject(LedgerSubject, Protocol):
    """One of whose runs a worker may die."""

    def hand_back(self, run: Any) -> None:
        """A reconciler puts a claimed run back to the sealed status, for another worker."""
        ...


class LedgerConformance:
    """Inherit from it, and give it a fixture `subject`, a `LedgerSubject` that is new for each test."""

    def test_a_new_row_is_open(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        _is(_standing(subject, run), Standing.OPEN, "a row that was just made")
        _is(subject.claim(run), False, "a worker's claim before the seal")

    def test_a_sealed_row_can_be_claimed(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        _is(_seal(subject, run), True, "sealing an open row")
        _is(_standing(subject, run), Standing.SEALED, "a sealed row")
        _is(subject.claim(run), True, "a worker's claim after the seal")

    def test_sealing_again_after_a_lost_answer_says_that_it_is_sealed(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        _seal(subject, run)
        before = subject.read(run)
        _is(_seal(subject, run), True, "sealing once more with the same token")
        _is(subject.read(run), before, "the row after the second seal")

    def test_another_token_seals_nothing(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        _is(_seal(subject, run, OTHERS), False, "sealing with another token")
        _is(_standing(subject, run), Standing.OPEN, "the row after that")
        _seal(subject, run)
        _is(_seal(subject, run, OTHERS), False, "sealing a sealed row with another token")

    def test_a_row_that_was_decided_is_not_sealed(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        subject.decide(run)
        before = subject.read(run)
        _is(_seal(subject, run), False, "sealing a decided row")
        _is(subject.read(run), before, "the row after that")

    def test_an_open_row_is_marked_with_the_whole_reason(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        _is(_mark(subject, run), True, "marking an open row")
        _is(subject.read(run).reason, REASON, "the stored reason")
        _is(_standing(subject, run), Standing.FAILED, "a marked row")
        _is(_standing(subject, run, OTHERS), Standing.TAKEN, "a marked row for another token")

    def test_marking_again_after_a_lost_answer_says_that_it_is_marked(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        _mark(subject, run)
        before = subject.read(run)
        _is(_mark(subject, run, reason="another"), True, "marking once more with the same token")
        _is(subject.read(run), before, "the row after the second mark")

    def test_another_token_marks_nothing(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        _is(_mark(subject, run, token=OTHERS), False, "marking with another token")
        _is(_standing(subject, run), Standing.OPEN, "the row after that")
        _seal(subject, run)
        _is(_mark(subject, run, token=OTHERS, sealed=True), False, "marking a sealed row with another token")
        _is(_standing(subject, run), Standing.SEALED, "the row after that")

    def test_a_row_that_was_decided_is_not_marked(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        subject.decide(run)
        before = subject.read(run)
        _is(_mark(subject, run), False, "marking a decided row")
        _is(_mark(subject, run, sealed=True), False, "marking a decided row as sealed")
        _is(subject.read(run), before, "the row after that")
        _is(_standing(subject, run), Standing.TAKEN, "a decided row")

    def test_a_sealed_row_is_marked_only_as_sealed(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        _seal(subject, run)
        _is(_mark(subject, run, sealed=False), False, "marking a sealed row as an open one")
        _is(_standing(subject, run), Standing.SEALED, "the row after that")
        _is(_mark(subject, run, sealed=True), True, "marking a sealed row that nobody has claimed")
        _is(subject.read(run).reason, REASON, "the stored reason")
        _is(_standing(subject, run), Standing.FAILED, "the row after that")

    def test_an_open_row_is_not_marked_as_sealed(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        _is(_mark(subject, run, sealed=True), False, "marking an open row as a sealed one")
        _is(_standing(subject, run), Standing.OPEN, "the row after that")

    def test_a_row_that_a_worker_has_is_not_marked(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        _seal(subject, run)
        subject.claim(run)
        before = subject.read(run)
        _is(_mark(subject, run, sealed=True), False, "marking a claimed row")
        _is(_mark(subject, run, sealed=False), False, "marking a claimed row as open")
        _is(subject.read(run), before, "the row after that")
        _is(_standing(subject, run), Standing.TAKEN, "a claimed row")

    def test_a_marked_row_is_neither_sealed_nor_claimed(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        _mark(subject, run)
        _is(_seal(subject, run), False, "sealing a marked row")
        _is(subject.claim(run), False, "a worker's claim of a marked row")
        _is(_standing(subject, run), Standing.FAILED, "the row after that")

    def test_a_sealed_row_that_was_marked_is_not_claimed(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        _seal(subject, run)
        _mark(subject, run, sealed=True)
        _is(subject.claim(run), False, "a worker's claim of a run that was taken back")

    def test_a_row_that_is_gone_is_taken(self, subject: LedgerSubject) -> None:
        run = subject.absent()
        _is(_standing(subject, run), Standing.TAKEN, "a row that is not there")
        _is(_seal(subject, run), False, "sealing a row that is not there")
        _is(_mark(subject, run), False, "marking a row that is not there")

    def test_other_rows_are_left_alone(self, subject: LedgerSubject) -> None:
        run, other = subject.make(OURS), subject.make(OURS)
        before = subject.read(other)
        _seal(subject, run)
        _mark(subject, run, sealed=True)
        _is(subject.read(other), before, "another row of the same token")

    def test_of_a_seal_and_a_mark_at_once_one_wins(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        sealed, marked = _race(lambda: _seal(subject, run), lambda: _mark(subject, run))
        _is(sorted((sealed, marked)), [False, True], "a seal and a mark at once")
        _is(_standing(subject, run), Standing.SEALED if sealed else Standing.FAILED, "the row after that")

    def test_of_a_claim_and_a_mark_at_once_one_wins(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        _seal(subject, run)
        claimed, marked = _race(lambda: subject.claim(run), lambda: _mark(subject, run, sealed=True))
        _is(sorted((claimed, marked)), [False, True], "a claim and a mark at once")

    def test_marks_of_one_token_at_once_all_count_and_one_is_stored(self, subject: LedgerSubject) -> None:
        run = subject.make(OURS)
        marks = [(lambda n=n: _mark(subject, run, reason=f"racer {n}")) for n in range(RACERS)]
        _is(set(_race(*marks)), {True}, "marks of the same token at once")


class AdoptingLedgerConformance(LedgerConformance):
    """For a ledger with `adopt`. `subject.make("")` must make a row that carries no token."""

    def test_a_row_without_a_guard_is_adopted_once(self, subject: LedgerSubject) -> None:
        run = subject.make("")
        _is(_standing(subject, run), Standing.TAKEN, "a row without a token")
        _is(_adopt(subject, run), True, "adopting it")
        _is(_standing(subject, run), Standing.OPEN, "the row after that")
        _is(_adopt(subject, run), True, "adopting it again after a lost answer")
        _is(_adopt(subject, run, OTHERS), False, "adopting what another guard has")

    def test_a_row_that_is_not_open_is_not_adopted(self, subject: LedgerSubject) -> None:
        run = subject.make("")
        subject.decide(run)
        _is(_adopt(subject, run), False, "adopting a decided row")
        _is(_adopt(subject, subject.absent()), False, "adopting a row that is not there")
        sealed = subject.make(OURS)
        _seal(subject, sealed)
        _is(_adopt(subject, sealed), False, "adopting a sealed row")

    def test_of_many_that_adopt_one_wins(self, subject: LedgerSubject) -> None:
        run = subject.make("")
        tokens = [f"{number:032x}" for number in range(RACERS)]
        won = _race(*[(lambda token=token: _adopt(subject, run, token)) for token in tokens])
        _is(won.count(True), 1, "winners of many that adopt")


class RescuedLedgerConformance(LedgerConformance):
    """For a table whose runs are put back to the sealed status when their worker has died."""

    def test_a_run_that_was_handed_back_is_the_guards_no_more(self, subject: RescuedLedgerSubject) -> None:
        run = subject.make(OURS)
        _seal(subject, run)
        subject.claim(run)
        subject.hand_back(run)
        before = subject.read(run)
        _is(_standing(subject, run), Standing.TAKEN, "a run that a worker has had")
        _is(_mark(subject, run, sealed=True), False, "marking a run that a worker has had")
        _is(subject.read(run), before, "the row after that")
        _is(subject.claim(run), True, "another worker's claim")


def _adopt(subject: LedgerSubject, run: Any, token: str = OURS) -> Any:
    return _call(subject.ledger.adopt, run, token)


def _seal(subject: LedgerSubject, run: Any, token: str = OURS) -> Any:
    return _call(subject.ledger.seal, run, token)


def _mark(subject: LedgerSubject, run: Any, reason: str = REASON, token: str = OURS, sealed: bool = False) -> Any:
    return _call(subject.ledger.mark_error, run, reason, token, sealed=sealed)


def _standing(subject: LedgerSubject, run: Any, token: str = OURS) -> Any:
    return _call(subject.ledger.standing, run, token)


def _call(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    if inspect.iscoroutinefunction(method):
        return asyncio.run(method(*args, **kwargs))
    return method(*args, **kwargs)


def _race(*racers: Callable[[], Any]) -> list[Any]:
    """Start all at once, each in a thread; what they return, in their order."""
    line = threading.Barrier(len(racers))

    def run(racer: Callable[[], Any]) -> Any:
        line.wait(10)
        return racer()

    with ThreadPoolExecutor(len(racers)) as pool:
        return list(pool.map(run, racers))


def _is(found: Any, expected: Any, what: str) -> None:
    if found != expected:
        raise AssertionError(f"{what}: expected {expected!r}, found {found!r}")
