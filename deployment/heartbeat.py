"""The heartbeat of a request that stages files: it renews the lease of its PENDING row until it is done."""

from __future__ import annotations

import threading
from types import TracebackType
from uuid import UUID

import structlog

from deployment import lifecycle
from deployment.causes import cause_of
from deployment.database import Database
from deployment.policy import Policy

log = structlog.get_logger()


class StagingHeartbeat:
    """Renews in a thread of its own, since the request's is busy with bytes; it dies with the process.

    It keeps the lease of a request that is alive, not of one that hangs: storage calls and fetches have timeouts.
    """

    def __init__(self, database: Database, execution_id: UUID, policy: Policy) -> None:
        self._database, self._execution_id, self._policy = database, execution_id, policy
        self._done = threading.Event()
        self.lost = False
        """Whether the run was found to be no longer ours: it was stopped, given up, or is past its deadline."""
        self._thread = threading.Thread(target=self._beat, name=f"staging-{execution_id}", daemon=True)

    def __enter__(self) -> StagingHeartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()

    def _beat(self) -> None:
        while not self._done.wait(self._policy.lease.total_seconds() / 3):
            if not self._renew():
                self.lost = True
                return

    def _renew(self) -> bool:
        try:
            with self._database.writing() as session:
                return lifecycle.renew_staging(session, self._execution_id, self._policy)
        except Exception as error:
            log.warning("lease_not_renewed", execution_id=str(self._execution_id), error=cause_of(error))
            return True
