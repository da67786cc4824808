"""The ledgers of the library pass the suite that they ship for others, and the suite finds ledgers that lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from guards import Standing
from guards.memory import MemoryLedger, Row, State
from guards.sql import own_engine
from guards.testing import (
    AdoptingLedgerConformance,
    LedgerConformance,
    LedgerSubject,
    RescuedLedgerConformance,
    RescuedLedgerSubject,
)
from tests.guards.subjects import AsyncInMemory, InMemory, InSql


class WholeSuite(AdoptingLedgerConformance, RescuedLedgerConformance):
    """All that there is."""


class TestMemoryLedger(WholeSuite):
    @pytest.fixture
    def subject(self) -> RescuedLedgerSubject:
        return InMemory()


class TestSqlLedger(WholeSuite):
    @pytest.fixture
    def subject(self, bare_database_url: str) -> Iterator[RescuedLedgerSubject]:
        engine = own_engine(bare_database_url)
        yield InSql(engine)
        engine.dispose()


class TestAsyncLedger(LedgerConformance):
    @pytest.fixture
    def subject(self) -> LedgerSubject:
        return AsyncInMemory()


class Lying(MemoryLedger[int]):
    """A ledger of which one method is replaced by `lie`."""

    def __init__(self, method: str, lie: Callable[..., Any]) -> None:
        super().__init__()
        setattr(self, method, lambda *args, **kwargs: lie(self, *args, **kwargs))


def seal_anything(ledger: Lying, run: int, token: str) -> bool:
    row = ledger.rows.get(run, Row(token))
    row.state = State.SEALED
    return True


def seal_once(ledger: Lying, run: int, token: str) -> bool:
    return ledger.standing(run, token) is Standing.OPEN and MemoryLedger.seal(ledger, run, token)


def seal_without_token(ledger: Lying, run: int, token: str) -> bool:
    row = ledger.rows.get(run)
    return row is not None and MemoryLedger.seal(ledger, run, row.token or "")


def mark_once(ledger: Lying, run: int, reason: str, token: str, *, sealed: bool) -> bool:
    marked = ledger.standing(run, token) is Standing.FAILED
    return not marked and MemoryLedger.mark_error(ledger, run, reason, token, sealed=sealed)


def mark_shortened(ledger: Lying, run: int, reason: str, token: str, *, sealed: bool) -> bool:
    return MemoryLedger.mark_error(ledger, run, reason[:256], token, sealed=sealed)


def mark_whatever_is_there(ledger: Lying, run: int, reason: str, token: str, *, sealed: bool) -> bool:
    marks = (MemoryLedger.mark_error(ledger, run, reason, token, sealed=whether) for whether in (True, False))
    return any(marks)


def mark_what_a_worker_has(ledger: Lying, run: int, reason: str, token: str, *, sealed: bool) -> bool:
    row = ledger.rows.get(run)
    if sealed and row is not None and row.state is State.CLAIMED:
        row.state, row.marked, row.reason = State.FAILED, True, reason
    return MemoryLedger.mark_error(ledger, run, reason, token, sealed=sealed)


def mark_last_writer_wins(ledger: Lying, run: int, reason: str, token: str, *, sealed: bool) -> bool:
    marked = MemoryLedger.mark_error(ledger, run, reason, token, sealed=sealed)
    if marked:
        ledger.rows[run].reason = reason
    return marked


def any_error_is_mine(ledger: Lying, run: int, token: str) -> Standing:
    standing = MemoryLedger.standing(ledger, run, token)
    stopped = run in ledger.rows and ledger.rows[run].state is State.STOPPED
    return Standing.FAILED if stopped else standing


def sealed_for_ever(ledger: Lying, run: int, token: str) -> Standing:
    standing = MemoryLedger.standing(ledger, run, token)
    claimed = run in ledger.rows and ledger.rows[run].state is State.CLAIMED
    return Standing.SEALED if claimed else standing


def adopt_from_others(ledger: Lying, run: int, token: str) -> bool:
    if run in ledger.rows:
        ledger.rows[run].token = token
    return MemoryLedger.adopt(ledger, run, token)


@pytest.mark.parametrize(
    ("method", "lie"),
    [
        ("seal", seal_anything),
        ("seal", seal_once),
        ("seal", seal_without_token),
        ("mark_error", mark_once),
        ("mark_error", mark_shortened),
        ("mark_error", mark_whatever_is_there),
        ("mark_error", mark_what_a_worker_has),
        ("mark_error", mark_last_writer_wins),
        ("standing", any_error_is_mine),
        ("standing", sealed_for_ever),
        ("adopt", adopt_from_others),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_the_suite_finds_a_ledger_that_lies(method: str, lie: Callable[..., Any]) -> None:
    assert failing_tests(lambda: InMemory(Lying(method, lie)))


def test_the_suite_finds_nothing_wrong_with_an_honest_ledger() -> None:
    assert failing_tests(InMemory) == []


class KeepingTheToken(InMemory):
    """A world whose reconciler hands a run back as it was sealed."""

    def hand_back(self, run: int) -> None:
        self.memory.rows[run].state = State.SEALED


def test_the_suite_finds_a_reconciler_that_leaves_the_token_on_a_run_that_a_worker_has_had() -> None:
    assert failing_tests(KeepingTheToken) == ["test_a_run_that_was_handed_back_is_the_guards_no_more"]


def failing_tests(subject: Callable[[], LedgerSubject]) -> list[str]:
    suite = WholeSuite()
    names = [name for name in dir(suite) if name.startswith("test_")]
    assert len(names) > 20
    return [name for name in names if fails(getattr(suite, name), subject())]


def fails(test: Callable[[LedgerSubject], None], subject: LedgerSubject) -> bool:
    try:
        test(subject)
    except AssertionError:
        return True
    return False
