"""One run and everybody around it, as a state that can be compared: the row, the queue, the objects, the actors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

MAX_ATTEMPTS = 2
WORKERS = 2
TERMINAL = frozenset({"COMPLETED", "ERROR", "STOPPED"})


class Seen(NamedTuple):
    """What somebody has read of the row: all that a later write can compare."""

    status: str
    attempt: int


class Worker(NamedTuple):
    """`took` a job, `saw` the row, `holds` the claim of an attempt, has `stored` its result, or is `idle`."""

    at: str = "idle"
    seen: Seen = Seen("", 0)


class State(NamedTuple):
    """`jobs` are the copies in the queue. `attempt` counts the claims; the row carries it."""

    status: str = "none"
    attempt: int = 0
    jobs: int = 0
    inputs: bool = False
    result: bool = False
    request: str = "begins"
    workers: tuple[Worker, ...] = (Worker(),) * WORKERS
    reconciler: Seen | None = None
    operator: Seen | None = None

    @property
    def seen(self) -> Seen:
        return Seen(self.status, self.attempt)

    @property
    def over(self) -> bool:
        return self.status in TERMINAL

    @property
    def held(self) -> bool:
        """A living worker has the claim that the row tells of."""
        return any(worker.at in ("holds", "stored") and worker.seen == self.seen for worker in self.workers)

    def with_worker(self, old: Worker, new: Worker) -> State:
        """Workers are alike, so their order does not count."""
        workers = list(self.workers)
        workers[workers.index(old)] = new
        return self._replace(workers=tuple(sorted(workers)))


class Design(NamedTuple):
    """How the guard is built: what decides between two writers, and whether anybody looks after the dead."""

    swap: bool
    reconciler: bool
    names_attempt: bool = True
    """The swap compares the attempt, not the status alone."""

    @property
    def name(self) -> str:
        return f"{'compare-and-swap' if self.swap else 'in-process flag'}, {'' if self.reconciler else 'no '}reconciler"

    def wins(self, state: State, expected: Seen) -> bool:
        """Whether a write that expects the row to be so is done. Without a swap each one is: last writer wins."""
        if not self.swap:
            return True
        return state.seen == expected if self.names_attempt else state.status == expected.status


class Move(NamedTuple):
    """One step of one actor. `kind`: `normal` steps always come in the end; a `fault` or a `wish` may never come."""

    actor: str
    does: str
    to: State
    kind: str = "normal"

    def __str__(self) -> str:
        return f"{self.actor} {self.does}"


Moves = Iterator[Move]
