"""What the OpenAPI document says is what the server does: requests that are made of it find nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.airlock import Airlock, app_inside
from tests.deployment.api.v1.conforming import Tally, described, let_do_everything, operations, probe, wander
from tests.deployment.api.v1.targets import Targets, populate
from tests.launcher.launched import Launched
from tests.servers.receiver import Receiver

A_FEW, MANY = 6, 200
MANY_WAYS = 300


def test_each_operation_answers_as_the_document_says(
    new_app: Callable[..., Flask], database_url: str, redis_url: str, receiver: Receiver
) -> None:
    app = new_app(database_url=database_url, redis_url=redis_url, private_webhooks=True, keep_inputs=True)
    airlock = Airlock(app)
    let_do_everything(airlock)
    populate(airlock, receiver.url)
    airlock.work()
    tally = Tally()
    for operation in operations(described(airlock)):
        tally += probe(Targets(airlock, receiver.url), airlock.headers, operation, A_FEW)
    assert tally.by_class()["2xx"] > tally.total() / 8, "not all of them end at the door"


def test_what_follows_from_a_reply_is_answered_as_the_document_says(
    new_caller: Callable[..., Airlock], installation: Launched, receiver: Receiver
) -> None:
    airlock = new_caller(keep_inputs=True)
    let_do_everything(airlock)
    populate(airlock, receiver.url)
    wander(Targets(airlock, receiver.url), airlock.headers, described(airlock, installation.url), A_FEW)


@pytest.fixture
def place(bare_database_url: str, tmp_path: Any) -> Iterator[Launched]:
    """An installation of its own on each database."""
    told = {"DATABASE_URL": bare_database_url, "PRIVATE_WEBHOOKS": "true", "KEEP_INPUTS": "true"}
    with Launched(tmp_path / "data", WORKERS="2", WEB_CONCURRENCY="2", **told) as launched:
        yield launched


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_thousands_of_requests_are_answered_as_the_document_says(
    place: Launched, bare_database_url: str, receiver: Receiver
) -> None:
    """Behind gunicorn, with workers: no 5xx, no status and no body that the document does not know.

    .venv/bin/python -m pytest -m proof -s tests/deployment/api/v1/test_document.py
    """
    with app_inside(place.data, database_url=bare_database_url) as app:
        airlock = Airlock(app)
        let_do_everything(airlock)
        populate(airlock, receiver.url)
        targets, schema, tally = Targets(airlock, receiver.url), described(airlock, place.url), Tally()
        for operation in operations(schema):
            tally += probe(targets, airlock.headers, operation, MANY)
        for _ in range(MANY_WAYS // A_FEW):
            tally += wander(targets, airlock.headers, schema, A_FEW)
    print(f"{tally.total():,} requests: {tally.by_class()}")
    for (operation, status), count in sorted(tally.items()):
        print(f"  {operation:70} {status} {count}")
    assert tally.by_class()["2xx"] > tally.total() / 6, "half of them are wrong on purpose"
