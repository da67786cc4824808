"""Airlock's own ledger passes the suite that the guard's library ships, on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.ledger import ExecutionLedger
from deployment.models import Deployment, Execution, ExecutionFile, ExecutionStatus
from guards.conformance import Seen
from guards.testing import LedgerConformance, LedgerSubject
from tests.airlock import Airlock


@dataclass
class Executions:
    """Executions of one file, seen as a `LedgerSubject`."""

    airlock: Airlock

    @property
    def ledger(self) -> ExecutionLedger:
        return self.airlock.parts.ledger

    def make(self, token: str) -> UUID:
        with self.airlock.parts.database.writing() as session:
            deployment = session.scalars(sa.select(Deployment)).one()
            execution = _pending(deployment, token)
            lifecycle.accept(session, execution)
        return execution.id

    def absent(self) -> UUID:
        return uuid4()

    def claim(self, run: UUID) -> bool:
        parts = self.airlock.parts
        (ticket,) = lifecycle.first_tickets(self.airlock.run(run), parts.policy)
        with parts.database.writing() as session:
            return lifecycle.claim(session, ticket, "a-worker", parts.policy) is not None

    def decide(self, run: UUID) -> None:
        parts = self.airlock.parts
        with parts.database.writing() as session:
            lifecycle.end(session, run, ExecutionStatus.STOPPED, parts.policy, by="stop")

    def read(self, run: UUID) -> Seen:
        execution = self.airlock.run(run)
        return Seen(execution.status, execution.error)


class TestExecutionLedger(LedgerConformance):
    @pytest.fixture
    def subject(self, airlock: Airlock) -> LedgerSubject:
        return Executions(airlock)


def _pending(deployment: Deployment, token: str) -> Execution:
    later = utcnow() + timedelta(days=1)
    file = ExecutionFile(ordinal=0, name="a.txt", size=1, sha256="0" * 64, lease_expires_at=later)
    return Execution(
        organization_id=deployment.organization_id,
        deployment_id=deployment.id,
        workflow=deployment.workflow,
        workflow_version="1",
        options={},
        tags=[],
        custom_data={},
        guard_token=token,
        total_files=1,
        open_files=1,
        created_at=utcnow(),
        deadline_at=later,
        lease_expires_at=later,
        files=[file],
    )
