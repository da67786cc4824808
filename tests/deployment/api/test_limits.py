"""429: which limit is reached, how many are in use, how many are allowed, and when to come again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from deployment.deployments import find_deployment
from deployment.issuing import create_key
from tests.airlock import Airlock
from tests.deployment.api.wire import left, well_formed

NewApp = Callable[..., Flask]


def reason(reply: TestResponse) -> str:
    assert (reply.status_code, well_formed(reply)["type"]) == (429, "client_error")
    assert int(reply.headers["Retry-After"]) > 0
    (error,) = reply.get_json()["errors"]
    assert error["code"] == "throttled"
    return str(error["detail"])


@pytest.mark.parametrize(
    ("limit", "whose"), [("org_concurrency", "this organization"), ("global_concurrency", "this installation")]
)
def test_a_limit_of_the_settings_is_named_with_its_numbers(
    new_app: NewApp, database_url: str, redis_url: str, limit: str, whose: str
) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, **{limit: 2}))
    first = airlock.accept()
    airlock.accept()
    before = left(airlock)
    assert f"2 of 2 executions of {whose}" in reason(airlock.post())
    assert len(left(airlock)) == len(before)
    airlock.work_here(first)
    airlock.accept()


def test_an_organization_has_a_limit_of_its_own_and_no_other_feels_it(airlock: Airlock) -> None:
    tight = Airlock(airlock.app, organization="globex", limit=1)
    tight.accept()
    assert "1 of 1 executions of this organization" in reason(tight.post())
    airlock.accept()


def test_a_key_has_a_limit_of_its_own_and_no_other_feels_it(airlock: Airlock) -> None:
    wide = airlock.key
    with airlock.parts.database.writing() as session:
        deployment = find_deployment(session, "acme", "text")
        assert deployment is not None
        airlock.key = create_key(session, deployment.organization, deployment, concurrency=1)
    airlock.accept()
    assert "1 of 1 executions of this API key" in reason(airlock.post())
    airlock.key = wide
    airlock.accept()


def test_a_malformed_request_is_told_so_even_if_there_is_no_slot_left_in_the_end(airlock: Airlock) -> None:
    """The limit comes first: with no slot, the body is not read at all."""
    tight = Airlock(airlock.app, organization="globex", limit=1)
    tight.accept()
    reason(tight.post(timeout="x"))
