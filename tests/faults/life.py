"""The world of the state machine: an Airlock with a virtual clock, a queue in a list, and a receiver of webhooks."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import sqlalchemy as sa
from freezegun import freeze_time
from sqlalchemy.orm import selectinload

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.deliveries import deliver, overdue_deliveries
from deployment.dispatch import InMemoryDispatcher, Ticket
from deployment.models import LIVE, Delivery, Deployment, Execution, ExecutionFile, ExecutionStatus
from deployment.parts import Parts
from deployment.spool import Spool
from deployment.staging import Upload
from deployment.submit import Submission
from tests.airlock import Airlock, make_app
from tests.sabotage import replace_parts
from tests.servers.receiver import Receiver

ORG_LIMIT, IN_FLIGHT, RETRIES = 3, 2, 2
LEASE, SKEW, INTERVAL, DEADLINE = 20, 2, 5, 600


class World:
    """What there is, as it is stored. `order` has the runs, oldest first: at one instant of the clock rows do not."""

    def __init__(self) -> None:
        self.ends, self.order = ExitStack(), list[UUID]()
        self.clock = self.ends.enter_context(freeze_time("2026-11-24 12:00:00"))
        self.receiver = self.ends.enter_context(Receiver())
        app = self.ends.enter_context(
            make_app(
                Path(self.ends.enter_context(tempfile.TemporaryDirectory())),
                redis_url="redis://127.0.0.1:1/0",
                org_concurrency=ORG_LIMIT,
                lease_seconds=LEASE,
                clock_skew_seconds=SKEW,
                execution_deadline=DEADLINE,
                files_in_flight=IN_FLIGHT,
                private_webhooks=True,
            )
        )
        self.airlock = Airlock(app, webhook=self.receiver.url, private_webhooks=True, keep_inputs=True)
        self.queue, real = InMemoryDispatcher(), self.parts.dispatcher
        replace_parts(app, dispatcher=self.queue)
        self.ends.callback(replace_parts, app, dispatcher=real)
        self._seen: list[Execution] | None = None
        for database in (self.parts.database, self.parts.ledger.database):
            sa.event.listen(database.engine, "commit", self._look_again)

    @property
    def parts(self) -> Parts:
        return self.airlock.parts

    def pass_time(self, seconds: float) -> None:
        self.clock.tick(timedelta(seconds=seconds))

    def runs(self) -> list[Execution]:
        """Every run with its files; read once for as long as nothing is written."""
        if self._seen is None:
            with self.parts.database.reading() as session:
                found = session.scalars(sa.select(Execution).options(selectinload(Execution.files))).all()
            self._seen = sorted(found, key=lambda run: self.order.index(run.id))
        return self._seen

    def _look_again(self, _connection: sa.Connection) -> None:
        self._seen = None

    def live(self) -> list[Execution]:
        return [run for run in self.runs() if run.status in LIVE]

    def file(self, file_id: UUID) -> ExecutionFile:
        with self.parts.database.reading() as session:
            return session.get_one(ExecutionFile, file_id)

    def waiting(self) -> list[ExecutionFile]:
        """The files that wait for another try whose time has not come, the next one first."""
        files = [file for run in self.live() for file in run.files if file.retry_at and file.retry_at > utcnow()]
        return sorted(files, key=lambda file: str(file.retry_at))

    def deliveries(self) -> list[Delivery]:
        """Every delivery, in the order of the runs."""
        with self.parts.database.reading() as session:
            found = session.scalars(sa.select(Delivery)).all()
        return sorted(found, key=lambda delivery: self.order.index(UUID(str(delivery.execution_id))))

    def tickets(self) -> list[Ticket]:
        """The queue in an order that is the same whenever the same things have happened."""
        ordinals = {file.id: file.ordinal for run in self.runs() for file in run.files}

        def place(ticket: Ticket) -> tuple[int, ...]:
            place = (self.order.index(ticket.execution_id), ordinals[ticket.file_id])
            return (*place, ticket.attempt, ticket.dispatch)

        return sorted(self.queue.queue, key=place)

    def claim(self, ticket: Ticket) -> bool:
        with self.parts.database.writing() as session:
            return lifecycle.claim(session, ticket, uuid4().hex, self.parts.policy) is not None

    def holds(self, ticket: Ticket) -> bool:
        with self.parts.database.reading() as session:
            return lifecycle.holds(session, ticket)

    def send_due(self, answer: int) -> list[bool]:
        """Send every delivery that is due to a receiver that answers so; for each, whether it was taken."""
        with self.parts.database.reading() as session:
            due = list(session.scalars(overdue_deliveries(100)))
        self.receiver.answers[:] = [answer] * len(due)
        return [deliver(self.parts, delivery_id) for delivery_id in due]

    def submission(self, count: int) -> Submission:
        with self.parts.database.reading() as session:
            deployment = session.scalars(sa.select(Deployment)).one()
            _ = deployment.organization.name
        uploads = []
        for number in range(count):
            spool = Spool()
            spool.write(b"text")
            uploads.append(Upload(f"{number}.txt", spool))
        return Submission(deployment, None, uploads)

    def pend(self) -> None:
        """The row of a request that stages its file, and is not heard of again."""
        with self.parts.database.writing() as session:
            execution = _pending(session.scalars(sa.select(Deployment)).one())
            lifecycle.accept(session, execution)
        self.order.append(execution.id)


def _pending(deployment: Deployment) -> Execution:
    later = utcnow() + timedelta(seconds=DEADLINE)
    file = ExecutionFile(ordinal=0, name="a.txt", size=1, sha256="0" * 64, lease_expires_at=later)
    return Execution(
        organization_id=deployment.organization_id,
        deployment_id=deployment.id,
        workflow=deployment.workflow,
        workflow_version="1",
        options={},
        tags=[],
        custom_data={},
        guard_token=uuid4().hex,
        status=ExecutionStatus.PENDING,
        total_files=1,
        open_files=1,
        created_at=utcnow(),
        deadline_at=later,
        lease_expires_at=utcnow() + timedelta(seconds=LEASE),
        files=[file],
    )
