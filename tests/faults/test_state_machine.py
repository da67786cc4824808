"""The life of executions against a model: requests, workers, a lost queue, time and rescuers, in any order.

The clock is virtual. The model knows who holds a file until when; what the rows say must agree after each step.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import sqlalchemy as sa
from freezegun import freeze_time
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.dispatch import InMemoryDispatcher, Ticket
from deployment.models import LIVE, Deployment, Execution, ExecutionFile, ExecutionStatus
from deployment.parts import Parts
from deployment.reconcile import rescue
from deployment.slots import NoFreeSlot
from deployment.spool import Spool
from deployment.stop import AlreadyEnded, stop
from deployment.submit import Submission, Upload, submit
from tests.airlock import Airlock, make_app
from tests.sabotage import replace_parts

LIMIT = 3
LEASE, SKEW, INTERVAL = 20, 2, 5


@dataclass
class Held:
    """One worker's claim: `until` is when its lease is over."""

    ticket: Ticket
    until: datetime
    alive: bool = True


@dataclass
class Model:
    """What must be true, told apart from the rows."""

    order: list[UUID] = field(default_factory=list)
    """The runs, oldest first: at one instant of a frozen clock their rows do not say it."""
    held: list[Held] = field(default_factory=list)
    ended: dict[UUID, tuple[str, str | None, datetime]] = field(default_factory=dict)
    accepted: set[UUID] = field(default_factory=set)
    stopped: set[UUID] = field(default_factory=set)


class Life(RuleBasedStateMachine):
    """Every rule is something that happens; the invariants are the promises."""

    def __init__(self) -> None:
        super().__init__()
        self.world, self.model = ExitStack(), Model()
        self.clock = self.world.enter_context(freeze_time("2026-11-24 12:00:00"))
        folder = Path(self.world.enter_context(tempfile.TemporaryDirectory()))
        app = self.world.enter_context(
            make_app(
                folder,
                redis_url="redis://127.0.0.1:1/0",
                org_concurrency=LIMIT,
                lease_seconds=LEASE,
                clock_skew_seconds=SKEW,
                execution_deadline=600,
                files_in_flight=2,
            )
        )
        self.airlock = Airlock(app)
        self.queue, real = InMemoryDispatcher(), self.parts.dispatcher
        replace_parts(app, dispatcher=self.queue)
        self.world.callback(replace_parts, app, dispatcher=real)

    @property
    def parts(self) -> Parts:
        return self.airlock.parts

    def teardown(self) -> None:
        """Faults end: within the deadline everything has ended, and what was accepted has run."""
        try:
            self._recover()
            for run in self._runs():
                assert run.status not in LIVE, f"stuck: {run.status}"
                if run.id in self.model.accepted - self.model.stopped:
                    assert run.status == "COMPLETED" or "worker_lost" in (run.error or ""), run.error
        finally:
            self.world.close()

    @rule(count=st.integers(1, 4))
    def a_request_submits(self, count: int) -> None:
        live, submission = sum(run.status in LIVE for run in self._runs()), self._submission(count)
        try:
            execution_id = submit(self.parts, submission)
            self.model.accepted.add(execution_id)
            self.model.order.append(execution_id)
            assert live < LIMIT
        except NoFreeSlot:
            assert live >= LIMIT
        finally:
            for upload in submission.uploads:
                upload.spool.close()

    @precondition(lambda self: sum(run.status in LIVE for run in self._runs()) < LIMIT)
    @rule()
    def a_request_dies_while_it_stages(self) -> None:
        with self.parts.database.writing() as session:
            execution = self._pending(session.scalars(sa.select(Deployment)).one())
            lifecycle.accept(session, execution)
        self.model.order.append(execution.id)

    @precondition(lambda self: self.queue.queue)
    @rule(data=st.data())
    def a_worker_claims(self, data: st.DataObject) -> None:
        ticket = data.draw(st.sampled_from(self._tickets()))
        self.queue.queue.remove(ticket)
        with self.parts.database.writing() as session:
            if lifecycle.claim(session, ticket, uuid4().hex, self.parts.policy) is not None:
                self.model.held.append(Held(ticket, self._lease()))

    @precondition(lambda self: self.queue.queue)
    @rule(data=st.data())
    def a_ticket_is_doubled(self, data: st.DataObject) -> None:
        self.queue.queue.append(data.draw(st.sampled_from(self._tickets())))

    @precondition(lambda self: self.model.held)
    @rule(data=st.data(), ending=st.sampled_from(("succeed", "fail", "hand back")))
    def a_worker_ends_its_file(self, data: st.DataObject, ending: str) -> None:
        """Also one that was taken for dead: then it must write nothing."""
        held = data.draw(st.sampled_from(self.model.held))
        expected = self._still_held(held.ticket)
        policy = self.parts.policy
        with self.parts.database.writing() as session:
            if ending == "succeed":
                move = lifecycle.succeed(session, held.ticket, policy)
            elif ending == "fail":
                move = lifecycle.fail(session, held.ticket, policy, "the workflow failed")
            else:
                move = lifecycle.hand_back(session, held.ticket, policy, "its worker was told to stop")
        assert move.won == expected
        self.queue.enqueue(move.tickets)
        self.model.held.remove(held)

    @precondition(lambda self: self.model.held)
    @rule(data=st.data())
    def a_worker_renews(self, data: st.DataObject) -> None:
        held = data.draw(st.sampled_from(self.model.held))
        expected = self._still_held(held.ticket)
        with self.parts.database.writing() as session:
            assert lifecycle.renew(session, held.ticket, self.parts.policy) == expected
        if expected:
            held.until = self._lease()

    @precondition(lambda self: self.model.held)
    @rule(data=st.data())
    def a_worker_dies(self, data: st.DataObject) -> None:
        self.model.held.remove(data.draw(st.sampled_from(self.model.held)))

    @rule()
    def the_queue_loses_everything(self) -> None:
        self.queue.queue.clear()

    @rule(seconds=st.sampled_from((1, 5, LEASE, LEASE + SKEW, 60)))
    def time_passes(self, seconds: int) -> None:
        self.clock.tick(timedelta(seconds=seconds))

    @rule()
    def a_rescuer_goes_round(self) -> None:
        """Nothing whose lease still runs is touched."""
        safe = [held for held in self.model.held if held.until > utcnow() and self._still_held(held.ticket)]
        rescue(self.parts)
        live = {run.id for run in self._runs() if run.status in LIVE}
        for held in safe:
            if held.ticket.execution_id in live:
                assert self._still_held(held.ticket), "live work was taken away"

    @precondition(lambda self: self._runs())
    @rule(data=st.data())
    def an_operator_stops(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self._runs()))
        try:
            stop(self.parts, run.id, "a test")
            self.model.stopped.add(run.id)
            assert run.status in LIVE
        except AlreadyEnded:
            assert run.status not in LIVE

    @invariant()
    def an_end_never_changes(self) -> None:
        for run in self._runs():
            if run.status not in LIVE:
                assert run.ended_at is not None
                end = (run.status, run.error, run.ended_at)
                assert self.model.ended.setdefault(run.id, end) == end

    @invariant()
    def the_limit_holds(self) -> None:
        assert sum(run.status in LIVE for run in self._runs()) <= LIMIT

    @invariant()
    def counts_add_up(self) -> None:
        for run in self._runs():
            still_open = sum(file.status in ("WAITING", "QUEUED", "EXECUTING") for file in run.files)
            in_flight = sum(file.status in ("QUEUED", "EXECUTING") for file in run.files)
            assert (run.open_files, run.total_files) == (still_open, len(run.files))
            assert in_flight <= 2

    def _recover(self) -> None:
        for _ in range(40):
            if all(run.status not in LIVE for run in self._runs()):
                return
            self.clock.tick(timedelta(seconds=LEASE + SKEW + INTERVAL))
            rescue(self.parts)
            self._work_off()

    def _work_off(self) -> None:
        while self.queue.queue:
            ticket = self.queue.queue.pop(0)
            with self.parts.database.writing() as session:
                if lifecycle.claim(session, ticket, "the last worker", self.parts.policy) is None:
                    continue
            with self.parts.database.writing() as session:
                self.queue.enqueue(lifecycle.succeed(session, ticket, self.parts.policy).tickets)

    def _runs(self) -> list[Execution]:
        with self.parts.database.reading() as session:
            found = [session.get(Execution, execution_id) for execution_id in self.model.order]
            for run in found:
                _ = run and run.files
        return [run for run in found if run is not None]

    def _tickets(self) -> list[Ticket]:
        """The queue in an order that is the same whenever the same things have happened."""
        ordinals = {file.id: file.ordinal for run in self._runs() for file in run.files}

        def place(ticket: Ticket) -> tuple[int, ...]:
            place = (self.model.order.index(ticket.execution_id), ordinals[ticket.file_id])
            return (*place, ticket.attempt, ticket.dispatch)

        return sorted(self.queue.queue, key=place)

    def _still_held(self, ticket: Ticket) -> bool:
        held = sa.select(ExecutionFile.id).where(
            ExecutionFile.id == ticket.file_id,
            ExecutionFile.status == "EXECUTING",
            ExecutionFile.attempt == ticket.attempt,
        )
        with self.parts.database.reading() as session:
            return session.scalar(held) is not None

    def _lease(self) -> datetime:
        return utcnow() + timedelta(seconds=LEASE)

    def _submission(self, count: int) -> Submission:
        with self.parts.database.reading() as session:
            deployment = session.scalars(sa.select(Deployment)).one()
            _ = deployment.organization.name
        uploads = []
        for number in range(count):
            spool = Spool()
            spool.write(b"text")
            uploads.append(Upload(f"{number}.txt", spool))
        return Submission(deployment, None, uploads)

    def _pending(self, deployment: Deployment) -> Execution:
        later = utcnow() + timedelta(seconds=600)
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
            lease_expires_at=self._lease(),
            files=[file],
        )


Life.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestLife = Life.TestCase
