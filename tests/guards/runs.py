"""What the tests of the guard share: a run whose row is in memory, its queue, and ledgers that break."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from guards import Outcome, Standing, outcome_of
from guards.memory import MemoryLedger, Row, State

Answer = TypeVar("Answer")


@dataclass
class Made:
    """What `guard.open` returns in the tests."""

    id: int


@dataclass
class Ground:
    """A ledger, the queue, and what has been undone, in the order of undoing."""

    ledger: MemoryLedger[int] = field(default_factory=MemoryLedger)
    queue: list[int] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)

    def create(self, token: str, run: int = 1) -> Made:
        self.ledger.add(run, token)
        return Made(run)

    def enqueue(self, run: int) -> str:
        self.queue.append(run)
        return f"job-{run}"

    def work(self) -> list[int]:
        """What a worker executes of the queue: only what it can claim."""
        return [run for run in self.queue if self.ledger.claim(run)]

    @property
    def row(self) -> Row:
        return self.ledger.rows[1]

    @property
    def state(self) -> State:
        return self.row.state


class Broken(MemoryLedger[int]):
    """A ledger whose named methods raise `error`, before they have done their work or after, so many times."""

    def __init__(self, *methods: str, after: bool = False, times: int = 99, error: BaseException | None = None) -> None:
        super().__init__()
        self.methods, self.after, self.times = methods, after, times
        self.error = error or ConnectionError("database is away")

    def seal(self, run: int, token: str) -> bool:
        return self._break("seal", lambda: MemoryLedger.seal(self, run, token))

    def mark_error(self, run: int, reason: str, token: str, *, sealed: bool) -> bool:
        mark = MemoryLedger.mark_error
        return self._break("mark_error", lambda: mark(self, run, reason, token, sealed=sealed))

    def standing(self, run: int, token: str) -> Standing:
        return self._break("standing", lambda: MemoryLedger.standing(self, run, token))

    def _break(self, method: str, work: Callable[[], Answer]) -> Answer:
        if method not in self.methods or self.times == 0:
            return work()
        self.times -= 1
        if self.after:
            work()
        raise self.error


def raising(error: BaseException) -> Callable[..., Any]:
    """A function that raises `error`, whatever it is called with."""

    def raises(*_: Any, **__: Any) -> Any:
        raise error

    return raises


def outcome(error: BaseException | None) -> Outcome:
    """The outcome of `error`, which must have one."""
    assert error is not None
    found = outcome_of(error)
    assert found is not None
    return found
