"""The life of executions against a model: requests, workers, a lost queue, time, receivers and rescuers, in any order.

The clock is virtual. The model knows who holds what until when; what the rows say must agree after each step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.deliveries import overdue_deliveries
from deployment.dispatch import Ticket
from deployment.executions import find_execution
from deployment.kept_inputs import NotRerunnable
from deployment.lifecycle.delivering import Tried
from deployment.models import LIVE, Delivery, Execution, ExecutionFile
from deployment.parts import Parts
from deployment.reconcile import rescue
from deployment.reruns import Which, rerun
from deployment.slots import NoFreeSlot
from deployment.staging import Upload
from deployment.stop import AlreadyEnded, stop
from deployment.submit import submit
from tests.faults.life import IN_FLIGHT, INTERVAL, LEASE, ORG_LIMIT, RETRIES, SKEW, World

REASONS = ("the workflow failed", "not now; gave up after", "worker_lost")
"""How a file may fail while its run still has time."""


@dataclass
class Held:
    """One worker's claim: `until` is when its lease is over."""

    ticket: Ticket
    until: datetime


@dataclass
class Model:
    """What must be true, told apart from the rows."""

    held: list[Held] = field(default_factory=list)
    ended: dict[UUID, tuple[str, str | None, datetime]] = field(default_factory=dict)
    accepted: set[UUID] = field(default_factory=set)
    stopped: set[UUID] = field(default_factory=set)
    retries: dict[UUID, int] = field(default_factory=dict)
    not_before: dict[UUID, datetime] = field(default_factory=dict)
    """For each file that is to be tried again, when it may be claimed at the earliest."""
    sending: list[Delivery] = field(default_factory=list)
    """Tries of deliveries that are under way, as they were before."""
    told: dict[UUID, str] = field(default_factory=dict)
    """How each delivery that is over has ended."""


class Life(RuleBasedStateMachine):
    """Every rule is something that happens; the invariants are the promises."""

    def __init__(self) -> None:
        super().__init__()
        self.world, self.model = World(), Model()

    @property
    def parts(self) -> Parts:
        return self.world.parts

    def teardown(self) -> None:
        """Faults end: within the deadline everything has ended, what was accepted has run, and every end was told."""
        try:
            self._recover()
            for run in self.world.runs():
                assert run.status not in LIVE, f"stuck: {run.status}"
                if run.id in self.model.accepted - self.model.stopped:
                    assert run.status == "COMPLETED" or self._may_have_failed(run), run.error
            assert {delivery.status for delivery in self.world.deliveries()} <= {"DELIVERED", "GIVEN_UP"}
        finally:
            self.world.ends.close()

    @rule(count=st.integers(1, 4))
    def a_request_submits(self, count: int) -> None:
        live, submission = len(self.world.live()), self.world.submission(count)
        try:
            execution_id = submit(self.parts, submission)
            self.model.accepted.add(execution_id)
            self.world.order.append(execution_id)
            assert live < ORG_LIMIT
        except NoFreeSlot:
            assert live >= ORG_LIMIT
        finally:
            for file in submission.files:
                if isinstance(file, Upload):
                    file.spool.close()

    @precondition(lambda self: len(self.world.live()) < ORG_LIMIT)
    @rule()
    def a_request_dies_while_it_stages(self) -> None:
        self.world.pend()

    @precondition(lambda self: self.world.queue.queue)
    @rule(data=st.data())
    def a_worker_claims(self, data: st.DataObject) -> None:
        ticket = data.draw(st.sampled_from(self.world.tickets()))
        self.world.queue.queue.remove(ticket)
        if self.world.claim(ticket):
            assert self.model.not_before.get(ticket.file_id, utcnow()) <= utcnow(), "tried again too soon"
            self.model.held.append(Held(ticket, self._lease()))

    @precondition(lambda self: self.world.queue.queue)
    @rule(data=st.data())
    def a_ticket_is_doubled(self, data: st.DataObject) -> None:
        self.world.queue.queue.append(data.draw(st.sampled_from(self.world.tickets())))

    @precondition(lambda self: self.model.held)
    @rule(data=st.data(), ending=st.sampled_from(("succeed", "fail", "hand back")))
    def a_worker_ends_its_file(self, data: st.DataObject, ending: str) -> None:
        """Also one that was taken for dead: then it must write nothing."""
        held = self._let_go(data)
        expected, policy = self.world.holds(held.ticket), self.parts.policy
        with self.parts.database.writing() as session:
            if ending == "succeed":
                move = lifecycle.succeed(session, held.ticket, policy)
            elif ending == "fail":
                move = lifecycle.fail(session, held.ticket, policy, "the workflow failed")
            else:
                move = lifecycle.hand_back(session, held.ticket, policy, "its worker was told to stop")
        assert move.won == expected
        self.world.queue.enqueue(move.tickets)

    @precondition(lambda self: self.model.held)
    @rule(data=st.data(), after=st.sampled_from((None, 0, 1, 30, 1000)))
    def a_workflow_asks_for_another_try(self, data: st.DataObject, after: float | None) -> None:
        """It gets one while it has not had its number, and where it comes before the deadline of the run."""
        held = self._let_go(data)
        expected, file_id = self.world.holds(held.ticket), held.ticket.file_id
        with self.parts.database.writing() as session:
            move = lifecycle.retry(session, held.ticket, self.parts.policy, "not now", limit=RETRIES, after=after)
        assert move.won == expected
        self.world.queue.enqueue(move.tickets)
        if expected:
            self._see_what_it_got(self.world.file(file_id), after)

    @precondition(lambda self: self.world.waiting())
    @rule()
    def a_backoff_passes(self) -> None:
        """The next rescuer queues the file, if a place in the flight of its run is free."""
        due = self.world.waiting()[0].id
        until = self.world.file(due).retry_at
        assert until is not None
        self.world.clock.move_to(until + timedelta(seconds=SKEW))
        rescue(self.parts)
        file = self.world.file(due)
        if file.status == "WAITING":
            assert (
                len([each for each in self._run_of(file).files if each.status in ("QUEUED", "EXECUTING")]) == IN_FLIGHT
            )

    @precondition(lambda self: self.model.held)
    @rule(data=st.data())
    def a_worker_renews(self, data: st.DataObject) -> None:
        held = data.draw(st.sampled_from(self.model.held))
        expected = self.world.holds(held.ticket)
        with self.parts.database.writing() as session:
            assert lifecycle.renew(session, held.ticket, self.parts.policy) == expected
        if expected:
            held.until = self._lease()

    @precondition(lambda self: self.model.held)
    @rule(data=st.data())
    def a_worker_dies(self, data: st.DataObject) -> None:
        self._let_go(data)

    @rule()
    def the_queue_loses_everything(self) -> None:
        self.world.queue.queue.clear()

    @rule(seconds=st.sampled_from((1, 5, LEASE, LEASE + SKEW, 60)))
    def time_passes(self, seconds: int) -> None:
        self.world.pass_time(seconds)

    @rule()
    def a_rescuer_goes_round(self) -> None:
        """Nothing whose lease still runs is touched."""
        safe = [held for held in self.model.held if held.until > utcnow() and self.world.holds(held.ticket)]
        rescue(self.parts)
        live = {run.id for run in self.world.live()}
        for held in safe:
            if held.ticket.execution_id in live:
                assert self.world.holds(held.ticket), "live work was taken away"

    @precondition(lambda self: self.world.order)
    @rule(data=st.data())
    def an_operator_stops(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.world.runs()))
        try:
            stop(self.parts, run.id, "a test")
            self.model.stopped.add(run.id)
            assert run.status in LIVE
        except AlreadyEnded:
            assert run.status not in LIVE

    @precondition(lambda self: self.model.ended)
    @rule(data=st.data(), which=st.sampled_from(Which))
    def an_operator_reruns(self, data: st.DataObject, which: Which) -> None:
        """The new run is one like any other; there is none of a live run, nor of one that was not staged whole."""
        first = find_execution(self.parts, data.draw(st.sampled_from(self.world.runs())).id)
        assert first is not None
        live = len(self.world.live())
        statuses = {file.status for file in first.files}
        possible = not first.live and first.sealed_at and (which is Which.ALL or statuses != {"SUCCESS"})
        try:
            execution_id = rerun(self.parts, first, which)
            self.model.accepted.add(execution_id)
            self.world.order.append(execution_id)
            assert possible
            assert live < ORG_LIMIT
        except NotRerunnable:
            assert not possible
        except NoFreeSlot:
            assert possible
            assert live >= ORG_LIMIT

    @precondition(lambda self: self.model.ended)
    @rule(answer=st.sampled_from((204, 500, 410)))
    def a_sender_goes_round(self, answer: int) -> None:
        """What is due is sent: taken by a receiver that says so, given up where it says never, else due later."""
        taken = self.world.send_due(answer)
        assert taken == [answer == 204] * len(taken)
        assert self.world.send_due(204) == [], "no pause"

    @precondition(lambda self: self.model.ended)
    @rule(data=st.data())
    def a_sender_begins(self, data: st.DataObject) -> None:
        """And is not heard of for a while, or for ever."""
        with self.parts.database.writing() as session:
            due = list(session.scalars(overdue_deliveries(100)))
            taken = lifecycle.take_delivery(session, due[0]) if due else None
        self.model.sending += [taken] if taken else []

    @precondition(lambda self: self.model.sending)
    @rule(data=st.data(), received=st.booleans())
    def a_sender_ends(self, data: st.DataObject, received: bool) -> None:
        """Also one that was overtaken: then it must write nothing."""
        sent = self.model.sending.pop(0)
        (now,) = [each for each in self.world.deliveries() if each.id == sent.id]
        expected = now.status == "PENDING" and now.tries == sent.tries + 1
        with self.parts.database.writing() as session:
            if received:
                assert lifecycle.delivered(session, sent, Tried(utcnow(), 0.1, 204, None)) == expected
            else:
                assert lifecycle.not_delivered(session, sent, Tried(utcnow(), 9.0, None, "no answer")) == expected

    @invariant()
    def an_end_never_changes(self) -> None:
        for run in self.world.runs():
            if run.status not in LIVE:
                assert run.ended_at is not None
                end = (run.status, run.error, run.ended_at)
                assert self.model.ended.setdefault(run.id, end) == end

    @invariant()
    def the_limit_holds(self) -> None:
        assert len(self.world.live()) <= ORG_LIMIT

    @invariant()
    def counts_add_up(self) -> None:
        for run in self.world.runs():
            still_open = sum(file.status in ("WAITING", "QUEUED", "EXECUTING") for file in run.files)
            in_flight = sum(file.status in ("QUEUED", "EXECUTING") for file in run.files)
            assert (run.open_files, run.total_files) == (still_open, len(run.files))
            assert in_flight <= IN_FLIGHT

    @invariant()
    def a_retry_is_looked_for_in_time(self) -> None:
        """Nobody but the reconciler will queue it, and its next look at a run is when the run's lease is over."""
        for file in self.world.waiting():
            lease = self._run_of(file).lease_expires_at
            assert lease is not None
            assert file.retry_at is not None
            assert lease <= file.retry_at

    @invariant()
    def every_end_has_one_delivery_that_is_sent_or_given_up_once(self) -> None:
        found = self.world.deliveries()
        ended = [run.id for run in self.world.runs() if run.status not in LIVE]
        assert [delivery.execution_id for delivery in found] == ended
        for delivery in found:
            if delivery.status != "PENDING":
                assert self.model.told.setdefault(delivery.id, delivery.status) == delivery.status

    def _let_go(self, data: st.DataObject) -> Held:
        held = data.draw(st.sampled_from(self.model.held))
        self.model.held.remove(held)
        return held

    def _see_what_it_got(self, file: ExecutionFile, after: float | None) -> None:
        had = self.model.retries.get(file.id, 0)
        if had == RETRIES or file.status == "FAILED":
            assert (had == RETRIES) != ("after the deadline" in str(file.error)), file.error
            assert str(file.error).startswith(f"not now; gave up after {had + 1} tr")
            return
        assert file.retries == self.model.retries.setdefault(file.id, had) + 1
        self.model.retries[file.id] = file.retries
        self.model.not_before[file.id] = utcnow() + timedelta(seconds=2.5 if after is None else after)
        assert file.status == ("QUEUED" if after == 0 and file.retry_at is None else "WAITING")

    def _may_have_failed(self, run: Execution) -> bool:
        if str(run.error).startswith("deadline_exceeded"):
            return run.ended_at is not None and run.ended_at >= run.deadline_at
        return all(file.status == "FAILED" and str(file.error).startswith(REASONS) for file in run.files)

    def _recover(self) -> None:
        for _ in range(60):
            if not self.world.live() and all(each.due_at is None for each in self.world.deliveries()):
                return
            self.world.pass_time(LEASE + SKEW + INTERVAL)
            rescue(self.parts)
            self._work_off()
            self.world.send_due(204)

    def _work_off(self) -> None:
        while self.world.queue.queue:
            ticket = self.world.queue.queue.pop(0)
            if self.world.claim(ticket):
                with self.parts.database.writing() as session:
                    self.world.queue.enqueue(lifecycle.succeed(session, ticket, self.parts.policy).tickets)

    def _run_of(self, file: ExecutionFile) -> Execution:
        (run,) = [run for run in self.world.runs() if run.id == file.execution_id]
        return run

    def _lease(self) -> datetime:
        return utcnow() + timedelta(seconds=LEASE)


Life.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestLife = Life.TestCase
