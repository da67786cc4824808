"""The ledger's in-memory twin: for tests, scripts and examples. It is gone with the process."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from .ledger import AdoptingLedger, Standing

Key = TypeVar("Key", bound=Hashable)


class State(StrEnum):
    """What a row in memory may be."""

    OPEN = "open"
    SEALED = "sealed"
    CLAIMED = "claimed"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass
class Row:
    """One run. `token` is the guard's that owns it; `marked` says that this guard has marked it."""

    token: str | None
    state: State = State.OPEN
    reason: str | None = None
    marked: bool = False


class MemoryLedger(AdoptingLedger[Key], Generic[Key]):
    """Rows in a dictionary, behind a lock."""

    def __init__(self) -> None:
        self.rows: dict[Key, Row] = {}
        self._lock = threading.Lock()

    def add(self, run: Key, token: str | None) -> None:
        """Make an open row: what `guard.open` calls. Raises `ValueError` if there is one of that id."""
        with self._lock:
            if run in self.rows:
                raise ValueError(f"there is a run {run!r} already")
            self.rows[run] = Row(token)

    def adopt(self, run: Key, token: str) -> bool:
        with self._lock:
            row = self.rows.get(run)
            if row is None or row.state is not State.OPEN or row.token not in (None, token):
                return False
            row.token = token
            return True

    def seal(self, run: Key, token: str) -> bool:
        with self._lock:
            if self._standing(run, token) is Standing.OPEN:
                self.rows[run].state = State.SEALED
            return self._standing(run, token) is Standing.SEALED

    def mark_error(self, run: Key, reason: str, token: str, *, sealed: bool) -> bool:
        with self._lock:
            if self._standing(run, token) is (Standing.SEALED if sealed else Standing.OPEN):
                row = self.rows[run]
                row.state, row.reason, row.marked = State.FAILED, reason, True
            return self._standing(run, token) is Standing.FAILED

    def standing(self, run: Key, token: str) -> Standing:
        with self._lock:
            return self._standing(run, token)

    def claim(self, run: Key) -> bool:
        """A worker takes a sealed run; False: it must drop the job."""
        return self._move(run, State.CLAIMED, State.SEALED)

    def hand_back(self, run: Key) -> bool:
        """Its worker has died: another may take it, and the guard that has sealed it may not fail it any more."""
        with self._lock:
            row = self.rows[run]
            won = row.state is State.CLAIMED
            if won:
                row.state, row.token = State.SEALED, None
            return won

    def stop(self, run: Key) -> bool:
        """Someone else ends a run that no worker has."""
        return self._move(run, State.STOPPED, State.OPEN, State.SEALED)

    def _move(self, run: Key, to: State, *expected: State) -> bool:
        with self._lock:
            row = self.rows[run]
            won = row.state in expected
            if won:
                row.state = to
            return won

    def _standing(self, run: Key, token: str) -> Standing:
        row = self.rows.get(run)
        if row is None or row.token != token:
            return Standing.TAKEN
        if row.marked:
            return Standing.FAILED
        return {State.OPEN: Standing.OPEN, State.SEALED: Standing.SEALED}.get(row.state, Standing.TAKEN)
