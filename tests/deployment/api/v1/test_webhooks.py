"""Webhooks over HTTP: endpoints, a secret that rotates, a test at the press of a button, and a log of each try."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from freezegun import freeze_time
from standardwebhooks import Webhook, WebhookVerificationError

from deployment.api.waiting import room_of
from deployment.clock import utcnow
from deployment.deliveries import deliver, overdue_deliveries
from deployment.models import AuditLine, Deployment
from deployment.stop import stop
from examples import webhook_receiver
from tests.airlock import Airlock
from tests.deployment.api.v1.native import Native, with_key
from tests.deployment.api.v1.problems import breaches, problem
from tests.servers.receiver import Received, Receiver

HERE = "/deployments/acme/text/webhooks"


@pytest.fixture
def airlock(new_app: Callable[..., Flask], database_url: str, redis_url: str) -> Airlock:
    return Airlock(new_app(database_url=database_url, redis_url=redis_url, private_webhooks=True))


@pytest.fixture
def manager(airlock: Airlock) -> Native:
    return with_key(airlock)


def send_due(airlock: Airlock) -> list[bool]:
    with airlock.parts.database.reading() as session:
        due = list(session.scalars(overdue_deliveries(100)))
    return [deliver(airlock.parts, delivery_id) for delivery_id in due]


def verified(secret: str, received: Received) -> Any:
    return Webhook(secret).verify(received.body, received.headers)


def test_an_endpoint_is_told_of_what_it_wants_signed_with_the_secret_that_was_shown(
    airlock: Airlock, manager: Native, receiver: Receiver
) -> None:
    made = manager.got("post", HERE, {"url": receiver.url, "events": ["execution.stopped"]}, status=201)
    other = manager.got("post", HERE, {"url": f"{receiver.url}/all?token=x"}, status=201)
    assert made["secret"].startswith("whsec_")
    assert other["secret"] is None, "it is the deployment's, and was shown"
    assert made["secret"] not in manager("get", HERE).text
    airlock.work_here(airlock.accept())
    stop(airlock.parts, stopped := airlock.accept(), by="test")
    assert send_due(airlock) == [True] * 3
    told = [(received.path, verified(made["secret"], received)["type"]) for received in receiver.requests]
    assert sorted(told) == [
        ("/hook", "execution.stopped"),
        ("/hook/all?token=x", "execution.completed"),
        ("/hook/all?token=x", "execution.stopped"),
    ]
    log = manager.got("get", f"/executions/{stopped}/deliveries")["deliveries"]
    assert {each["url"] for each in log} == {receiver.url, f"{receiver.url}/all"}, "a query may be a secret"
    assert [len(each["tries"]) for each in log] == [1, 1]
    assert log[0]["tries"][0]["response_status"] == 204
    assert log[0]["tries"][0]["seconds"] >= 0


def test_while_a_secret_is_rotated_the_receiver_may_have_either(
    airlock: Airlock, manager: Native, receiver: Receiver
) -> None:
    old = manager.got("post", HERE, {"url": receiver.url}, status=201)["secret"]
    new = manager.got("post", f"{HERE}/rotate-secret", {"overlap": 60}, status=201)["secret"]
    for seconds in (0, 61):
        with freeze_time(utcnow() + timedelta(seconds=seconds), ignore=["standardwebhooks"]):
            airlock.work_here(airlock.accept())
            assert send_due(airlock) == [True]
    first, second = receiver.requests
    assert len(first.headers["webhook-signature"].split()) == 2
    assert len(second.headers["webhook-signature"].split()) == 1
    assert verified(old, first) == verified(new, first)
    with freeze_time(utcnow() + timedelta(seconds=61)), pytest.raises(WebhookVerificationError):
        verified(old, second)


def test_what_cannot_be_signed_is_not_sent(airlock: Airlock, manager: Native, receiver: Receiver) -> None:
    made = manager.got("post", HERE, {"url": receiver.url}, status=201)
    row = manager.got("get", "/deployments/acme/text")
    airlock.swap(Deployment, UUID(row["id"]), webhook_secret=None)
    problem(manager("post", f"{HERE}/{made['id']}/test"), 409, "conflict")
    assert receiver.requests == []


def test_a_test_tells_at_once_what_the_receiver_has_answered(manager: Native, receiver: Receiver) -> None:
    made = manager.got("post", HERE, {"url": receiver.url}, status=201)
    receiver.answer([204, 500])
    good, bad = (manager.got("post", f"{HERE}/{made['id']}/test") for _ in range(2))
    assert (good["status"], good["event"], good["execution_id"]) == ("DELIVERED", "webhook.test", None)
    assert (bad["status"], bad["due_at"], bad["tries"][0]["response_status"]) == ("GIVEN_UP", None, 500)
    assert verified(made["secret"], receiver.requests[0])["type"] == "webhook.test"


def test_who_waits_for_a_receiver_takes_a_seat(airlock: Airlock, manager: Native, receiver: Receiver) -> None:
    made = manager.got("post", HERE, {"url": receiver.url}, status=201)
    room = room_of(airlock.app)
    taken = [room.take() for _ in range(room.seats)]
    problem(manager("post", f"{HERE}/{made['id']}/test"), 503, "too_many_waiting")
    for _ in taken:
        room.leave()
    assert receiver.requests == []


def test_deploying_with_an_endpoint_that_was_narrowed_makes_it_the_only_one_again(
    airlock: Airlock, manager: Native
) -> None:
    urls = ["https://example.com/one", "https://example.com/two"]
    one, _ = (manager.got("post", HERE, {"url": url, "events": ["execution.failed"]}, status=201) for url in urls)
    manager.got("patch", f"{HERE}/{one['id']}", {"active": False})
    Airlock(airlock.app, webhook=urls[0])
    (left,) = manager.got("get", HERE)["webhooks"]
    assert (left["id"], left["active"], len(left["events"])) == (one["id"], True, 3)


def test_what_was_given_up_is_sent_again_under_its_old_id(
    airlock: Airlock, manager: Native, receiver: Receiver
) -> None:
    manager.got("post", HERE, {"url": receiver.url}, status=201)
    receiver.answer([410])
    airlock.work_here(airlock.accept())
    assert send_due(airlock) == [False]
    (given_up,) = manager.got("get", "/deployments/acme/text/deliveries?status=GIVEN_UP")["deliveries"]
    again = manager.got("post", f"/deliveries/{given_up['id']}/redeliver", status=202)
    assert again["status"] == "PENDING"
    problem(manager("post", f"/deliveries/{given_up['id']}/redeliver"), 409, "conflict")
    assert send_due(airlock) == [True]
    done = manager.got("get", f"/deliveries/{given_up['id']}")
    assert (done["status"], [each["response_status"] for each in done["tries"]]) == ("DELIVERED", [410, 204])
    assert {received.headers["webhook-id"] for received in receiver.requests} == {given_up["id"]}


def test_the_log_has_pages(airlock: Airlock, manager: Native, receiver: Receiver) -> None:
    manager.got("post", HERE, {"url": receiver.url}, status=201)
    runs = [airlock.accept() for _ in range(3)]
    for run in runs:
        airlock.work_here(run)
    first = manager.got("get", "/deployments/acme/text/deliveries?limit=2")
    second = manager.got("get", f"/deployments/acme/text/deliveries?limit=2&cursor={first['next_cursor']}")
    found = [UUID(each["execution_id"]) for page in (first, second) for each in page["deliveries"]]
    assert (found, second["next_cursor"]) == (runs[::-1], None)


def test_an_endpoint_is_changed_and_removed(airlock: Airlock, manager: Native, receiver: Receiver) -> None:
    made = manager.got("post", HERE, {"url": receiver.url}, status=201)
    changed = manager.got("patch", f"{HERE}/{made['id']}", {"active": False})
    assert (changed["active"], changed["url"], len(changed["events"])) == (False, receiver.url, 3)
    airlock.work_here(airlock.accept())
    assert send_due(airlock) == []
    assert manager("delete", f"{HERE}/{made['id']}").status_code == 204
    problem(manager("get", f"{HERE}/{made['id']}"), 404)
    with airlock.parts.database.reading() as session:
        noted = session.scalars(sa.select(AuditLine.action).order_by(AuditLine.id)).all()
    assert [action for action in noted if action.startswith("webhook")] == [
        "webhook.added",
        "webhook.changed",
        "webhook.removed",
    ]


def test_one_url_is_told_once_and_ten_are_enough(manager: Native) -> None:
    for number in range(10):
        manager.got("post", HERE, {"url": f"https://example.com/{number}"}, status=201)
    problem(manager("post", HERE, {"url": "https://example.com/0"}), 409, "conflict")
    problem(manager("post", HERE, {"url": "https://example.com/10"}), 409, "conflict")


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({}, ("url", "required")),
        ({"url": "ftp://example.com"}, ("url", "invalid")),
        ({"url": "https://me:secret@example.com/"}, ("url", "invalid")),
        ({"url": "https://example.com/" + "x" * 2048}, ("url", "invalid")),
        ({"url": "https://example.com/", "events": ["everything"]}, ("events.0", "invalid")),
        ({"url": "https://example.com/", "events": []}, ("events", "invalid")),
        ({"url": "https://example.com/", "name": "x"}, ("name", "unknown_field")),
    ],
)
def test_what_makes_no_sense_is_named(manager: Native, asked: dict[str, Any], wrong: tuple[str, str]) -> None:
    assert breaches(manager("post", HERE, asked)) == {wrong}


@pytest.fixture
def example() -> Any:
    """The receiver of the examples, as a client of it sees it."""
    webhook_receiver.seen.clear()
    return webhook_receiver.app.test_client()


def test_the_example_takes_what_is_signed_once_and_nothing_else(
    airlock: Airlock, manager: Native, receiver: Receiver, example: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = manager.got("post", HERE, {"url": receiver.url}, status=201)["secret"]
    airlock.work_here(run := airlock.accept())
    send_due(airlock)
    (sent,) = receiver.requests
    forged = {**sent.headers, "webhook-signature": "v1,Zm9yZ2Vk"}
    with mock.patch.dict(os.environ, {"WEBHOOK_SECRET": secret}):
        asked = [
            example.post("/hook", data=sent.body, headers=headers) for headers in (sent.headers, sent.headers, forged)
        ]
    assert [reply.status_code for reply in asked] == [204, 204, 401]
    assert capsys.readouterr().out.splitlines().count(f"execution.completed /v1/executions/{run}") == 1
