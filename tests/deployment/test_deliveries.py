"""Every end of a run is told to its webhook, signed, once or again until it is taken or given up (fault B12)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from freezegun import freeze_time
from sqlalchemy.exc import IntegrityError
from standardwebhooks import Webhook

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.deliveries import deliver, overdue_deliveries
from deployment.lifecycle.delivering import Tried
from deployment.models import Delivery, Deployment, Execution, ExecutionStatus
from deployment.reconcile import reconcile
from tests.airlock import HELLO, Airlock
from tests.sabotage import BeforePut, raising, replace_parts
from tests.servers.receiver import Receiver

NewApp = Callable[..., Flask]
BROKEN = ("broken.pdf", b"%PDF-1.7 is all there is")


@pytest.fixture
def airlock(new_app: NewApp, database_url: str, redis_url: str, receiver: Receiver) -> Airlock:
    app = new_app(database_url=database_url, redis_url=redis_url, private_webhooks=True)
    return Airlock(app, webhook=receiver.url, private_webhooks=True)


def deliveries(airlock: Airlock) -> list[Delivery]:
    with airlock.parts.database.reading() as session:
        return list(session.scalars(sa.select(Delivery)))


def send_due(airlock: Airlock) -> list[bool]:
    """Try every delivery that is due; for each, whether it was taken."""
    with airlock.parts.database.reading() as session:
        due = list(session.scalars(overdue_deliveries(100)))
    return [deliver(airlock.parts, delivery_id) for delivery_id in due]


def told_of(delivery: Delivery) -> UUID:
    """The run whose end it tells."""
    assert delivery.execution_id is not None
    return delivery.execution_id


def ended(airlock: Airlock) -> Delivery:
    """Run a file to its end; the delivery of that."""
    airlock.work_here(airlock.accept())
    (delivery,) = deliveries(airlock)
    return delivery


def test_a_completed_run_is_told_with_a_signature_that_the_receiver_can_verify(
    airlock: Airlock, receiver: Receiver
) -> None:
    delivery = ended(airlock)
    assert send_due(airlock) == [True]
    (request,) = receiver.requests
    with airlock.parts.database.reading() as session:
        secret = session.scalar(sa.select(Deployment.webhook_secret))
    assert secret is not None
    told = Webhook(secret).verify(request.body, request.headers)
    assert (told["type"], told["data"]["execution_id"]) == ("execution.completed", str(delivery.execution_id))
    assert [file["status"] for file in told["data"]["files"]] == ["SUCCESS"]
    assert request.headers["webhook-id"] == str(delivery.id)
    assert airlock.client.get(told["data"]["status_api"], headers=airlock.headers).status_code == 200


def test_what_was_delivered_is_not_sent_again(airlock: Airlock, receiver: Receiver) -> None:
    ended(airlock)
    assert send_due(airlock) == [True]
    with freeze_time(utcnow() + timedelta(days=2)):
        assert send_due(airlock) == []
    assert [delivery.status for delivery in deliveries(airlock)] == ["DELIVERED"]
    assert len(receiver.requests) == 1


def test_b12_a_run_that_failed_before_its_dispatch_is_told_too(airlock: Airlock, receiver: Receiver) -> None:
    replace_parts(airlock.app, store=BeforePut(airlock.parts.store, raising(OSError("disk full"))))
    assert airlock.post().status_code == 422
    assert send_due(airlock) == [True]
    told = json.loads(receiver.requests[0].body)
    assert (told["type"], told["data"]["error"]) == ("execution.failed", "OSError: disk full")


def test_b12_a_run_whose_request_died_a_failed_and_a_stopped_one_are_told(airlock: Airlock, receiver: Receiver) -> None:
    abandoned, stopped = airlock.accept(), airlock.accept()
    with airlock.parts.database.writing() as session:
        lifecycle.end(session, stopped, ExecutionStatus.STOPPED, airlock.parts.policy, by="stop")
    airlock.swap(Execution, abandoned, deadline_at=utcnow(), lease_expires_at=utcnow() - timedelta(minutes=1))
    reconcile(airlock.parts)
    airlock.work_here(airlock.accept([BROKEN]))
    send_due(airlock)
    types = sorted(json.loads(request.body)["type"] for request in receiver.requests)
    assert types == ["execution.failed", "execution.failed", "execution.stopped"]


def test_b12_a_receiver_that_fails_gets_it_again_later_under_the_same_id(airlock: Airlock, receiver: Receiver) -> None:
    receiver.answer([500])
    delivery = ended(airlock)
    assert send_due(airlock) == [False]
    assert send_due(airlock) == [], "not before a pause"
    with freeze_time(utcnow() + timedelta(seconds=10)):
        assert send_due(airlock) == [True]
    assert [request.headers["webhook-id"] for request in receiver.requests] == [str(delivery.id)] * 2
    assert any("answered 500" in line for line in airlock.log(told_of(delivery)))


def test_b12_after_a_day_it_is_given_up_and_shown_as_such(airlock: Airlock, receiver: Receiver) -> None:
    receiver.answer([503] * 1000)
    with freeze_time(utcnow()) as clock:
        delivery = ended(airlock)
        while deliveries(airlock)[0].due_at is not None:
            send_due(airlock)
            clock.tick(timedelta(minutes=30))
        assert utcnow() - delivery.created_at < timedelta(days=1, hours=1, seconds=1)
    (given_up,) = deliveries(airlock)
    assert (given_up.status, given_up.error) == ("GIVEN_UP", "the receiver answered 503")
    assert any("given up" in line for line in airlock.log(told_of(delivery)))


def test_a_receiver_that_says_gone_is_left_alone(airlock: Airlock, receiver: Receiver) -> None:
    receiver.answer([410])
    ended(airlock)
    send_due(airlock)
    assert deliveries(airlock)[0].status == "GIVEN_UP"


def test_b12_a_redirect_is_not_followed(airlock: Airlock, receiver: Receiver) -> None:
    receiver.answer([307])
    ended(airlock)
    assert send_due(airlock) == [False]
    assert [request.path for request in receiver.requests] == ["/hook"]
    assert deliveries(airlock)[0].error == "the receiver answered 307; redirects are not followed"


def test_b12_a_private_address_is_refused_at_each_try(
    new_app: NewApp, database_url: str, redis_url: str, receiver: Receiver
) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url), webhook="https://localhost:1/hook")
    ended(airlock)
    assert send_due(airlock) == [False]
    assert "public addresses only" in (deliveries(airlock)[0].error or "")


def test_two_that_send_at_once_send_once(airlock: Airlock, receiver: Receiver) -> None:
    delivery = ended(airlock)
    with airlock.parts.database.writing() as session:
        assert lifecycle.take_delivery(session, delivery.id)
    assert send_due(airlock) == []
    assert deliver(airlock.parts, delivery.id) is False
    assert receiver.requests == []


def test_a_try_that_was_overtaken_writes_nothing(airlock: Airlock) -> None:
    delivery = ended(airlock)
    database = airlock.parts.database
    with database.writing() as session:
        first = lifecycle.take_delivery(session, delivery.id)
    with freeze_time(utcnow() + timedelta(minutes=2)):
        assert send_due(airlock) == [True]
    assert first is not None
    with database.writing() as session:
        assert lifecycle.not_delivered(session, first, Tried(utcnow(), 0.1, 500, "too late")) is False
    assert deliveries(airlock)[0].status == "DELIVERED"


def test_there_is_one_delivery_for_a_run_and_an_endpoint(airlock: Airlock) -> None:
    delivery = ended(airlock)
    copied = {name: getattr(delivery, name) for name in ("deployment_id", "execution_id", "event", "url")}
    again = Delivery(created_at=utcnow(), due_at=utcnow(), **copied)
    with pytest.raises(IntegrityError), airlock.parts.database.writing() as session:
        session.add(again)


def test_redelivery_sends_it_once_more(airlock: Airlock, receiver: Receiver) -> None:
    delivery = ended(airlock)
    send_due(airlock)
    with airlock.app.app_context():
        answer = airlock.app.test_cli_runner().invoke(args=["deliveries", "redeliver", str(delivery.id), "--json"])
    assert answer.exit_code == 0, answer.output
    assert send_due(airlock) == [True]
    assert len(receiver.requests) == 2


def test_a_deployment_without_a_webhook_tells_nobody(new_app: NewApp, database_url: str, redis_url: str) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url))
    airlock.work_here(airlock.accept([HELLO]))
    assert deliveries(airlock) == []
