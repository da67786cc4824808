"""Airlock's ledger for the guard: the moves of `lifecycle`, on a small connection pool of its own.

A pool of its own, since the request's may be poisoned, exhausted, or hold a lock on the very row (fault A10).
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from deployment import lifecycle
from deployment.database import Database
from deployment.last_words import LastWords
from deployment.models import Execution, ExecutionStatus
from deployment.policy import Policy
from guards import Ledger, Standing, reason_of


class ExecutionLedger(Ledger[UUID]):
    """Seals executions and marks them as ERROR. See `guards.Ledger` for what each method promises."""

    def __init__(self, database: Database, policy: Policy, last_words: LastWords) -> None:
        self.database, self._policy, self._last_words = database, policy, last_words

    def seal(self, run: UUID, token: str) -> bool:
        """If the row turns out not to be sealed, the reconciler will want to know why."""
        try:
            sealed = self._seal(run, token)
            self._count("sealed" if sealed else "decided_elsewhere")
            return sealed
        except Exception as error:
            self._last_words.leave(run, reason_of(error))
            self._count("seal_unknown")
            raise

    def mark_error(self, run: UUID, reason: str, token: str, *, sealed: bool) -> bool:
        try:
            marked = self._mark_error(run, reason, token, sealed)
            self._count("failed" if marked else "decided_elsewhere")
            return marked
        except Exception:
            self._last_words.leave(run, reason)
            self._count("mark_unknown")
            raise

    def standing(self, run: UUID, token: str) -> Standing:
        with self.database.reading() as session:
            execution = session.get(Execution, run)
        if execution is None or execution.guard_token != token:
            return Standing.TAKEN
        if execution.ended_by == _guard(token):
            return Standing.FAILED
        return _STANDINGS.get(ExecutionStatus(execution.status), Standing.TAKEN)

    def _count(self, outcome: str) -> None:
        self.database.tallies.count("guard_outcomes", outcome=outcome)

    def _seal(self, run: UUID, token: str) -> bool:
        with self.database.writing() as session:
            if lifecycle.seal(session, run, token, self._policy):
                return True
        return self._was_sealed(run, token)

    def _was_sealed(self, run: UUID, token: str) -> bool:
        """A first try whose reply was lost has sealed it; by now a worker may have it, or it may have ended."""
        mine = sa.select(Execution.sealed_at).where(Execution.id == run, Execution.guard_token == token)
        with self.database.reading() as session:
            return session.scalar(mine) is not None

    def _mark_error(self, run: UUID, reason: str, token: str, sealed: bool) -> bool:
        with self.database.writing() as session:
            if lifecycle.fail_undispatched(session, run, reason, token, self._policy, by=_guard(token), sealed=sealed):
                return True
        return self.standing(run, token) is Standing.FAILED


_STANDINGS = {ExecutionStatus.PENDING: Standing.OPEN, ExecutionStatus.QUEUED: Standing.SEALED}


def _guard(token: str) -> str:
    return f"guard:{token}"
