"""Who may call: 403, 404, 404 and 401, in the order of the wire, before any byte of the body is looked at."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from freezegun import freeze_time
from werkzeug.test import TestResponse

from deployment.clock import utcnow
from deployment.deployments import find_deployment
from deployment.issuing import create_key, key_by_prefix, revoke_key
from deployment.keys import find_key
from deployment.models import Deployment
from tests.airlock import Airlock

METHODS = ("get", "post")


class Unread(io.BytesIO):
    def read(self, *_size: Any) -> bytes:
        raise AssertionError("the body was read")


def call(airlock: Airlock, method: str, authorization: str | None, path: str | None = None) -> TestResponse:
    headers = {} if authorization is None else {"Authorization": authorization}
    reply: TestResponse = getattr(airlock.client, method)(path or airlock.path, headers=headers)
    return reply


def refusal(reply: TestResponse) -> tuple[int, str]:
    (error,) = reply.get_json()["errors"]
    assert reply.get_json()["type"] == "client_error"
    assert error["attr"] is None
    return reply.status_code, error["detail"]


def new_key(airlock: Airlock, *, organization_wide: bool = False, **options: Any) -> str:
    with airlock.parts.database.writing() as session:
        deployment = found(airlock, session)
        only = None if organization_wide else deployment
        return create_key(session, deployment.organization, only, **options)


def found(airlock: Airlock, session: Any) -> Deployment:
    deployment = find_deployment(session, *airlock.path.split("/")[3:5])
    assert deployment is not None
    return deployment


@pytest.mark.parametrize("method", METHODS)
def test_each_refusal_has_its_code_in_the_order_of_the_wire(airlock: Airlock, method: str) -> None:
    nowhere = "/deployment/api/acme/nothing/"
    for absent in (
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer   ",
        "bearer x",
        "Basic x",
        "Token x",
        f"Bearer{airlock.key}",
    ):
        assert refusal(call(airlock, method, absent, nowhere)) == (403, "Missing api key"), absent
    for path in (nowhere, "/deployment/api/nobody/text/"):
        assert refusal(call(airlock, method, "Bearer wrong", path)) == (404, "API not found")
    with airlock.parts.database.writing() as session:
        found(airlock, session).active = False
    assert refusal(call(airlock, method, "Bearer wrong")) == (404, "API not found or Inactive")
    assert refusal(call(airlock, method, f"Bearer {airlock.key}")) == (404, "API not found or Inactive")
    with airlock.parts.database.writing() as session:
        found(airlock, session).active = True
    assert refusal(call(airlock, method, "Bearer wrong")) == (401, "Unauthorized")
    assert airlock.rows() == []


def test_a_key_is_refused_if_unknown_revoked_expired_or_of_another_deployment(airlock: Airlock) -> None:
    revoked, expired = new_key(airlock), new_key(airlock, expires_at=utcnow() - timedelta(seconds=1))
    with airlock.parts.database.writing() as session:
        revoke_key(session, key_by_prefix(session, revoked))
    neighbour = Airlock(airlock.app, name="other")
    keys = [airlock.key[:-1], airlock.key + "x", airlock.key.upper(), "x" * 4000, revoked, expired, neighbour.key]
    for key in keys:
        assert refusal(call(airlock, "get", f"Bearer {key}")) == (401, "Unauthorized"), key
        assert refusal(call(airlock, "post", f"Bearer {key}")) == (401, "Unauthorized"), key


def test_a_key_of_another_organization_is_refused(airlock: Airlock) -> None:
    elsewhere = Airlock(airlock.app, organization="globex")
    with airlock.parts.database.writing() as session:
        wide = create_key(session, found(elsewhere, session).organization)
    for key in (elsewhere.key, wide):
        assert refusal(call(airlock, "post", f"Bearer {key}")) == (401, "Unauthorized")


def test_a_key_of_the_organization_may_call_each_of_its_deployments(airlock: Airlock) -> None:
    neighbour = Airlock(airlock.app, name="other")
    airlock.key = neighbour.key = new_key(airlock, organization_wide=True)
    for each in (airlock, neighbour):
        assert each.get(each.accept()).status_code == 422


def test_a_key_works_until_it_expires_and_no_longer(airlock: Airlock) -> None:
    expires_at = utcnow() + timedelta(days=1)
    airlock.key = new_key(airlock, expires_at=expires_at)
    with freeze_time(expires_at - timedelta(seconds=1)):
        assert airlock.get("no id").status_code == 400
    with freeze_time(expires_at):
        assert airlock.get("no id").status_code == 401


def test_a_path_of_odd_bytes_is_a_deployment_that_does_not_exist(airlock: Airlock) -> None:
    for segment in ("%00", "%ff%fe", "te%20xt", "%F0%9F%98%80", "text%0a", "a" * 5000, "%2e%2e", "TEXT"):
        for path in (f"/deployment/api/acme/{segment}/", f"/deployment/api/{segment}/text/"):
            assert call(airlock, "get", f"Bearer {airlock.key}", path).status_code == 404, path


def test_a_header_of_odd_bytes_is_no_key(airlock: Airlock) -> None:
    for odd in ("\x80\xff", "\u00e9" * 10, "\x7f", "' OR 1=1 --", "alk_\x01", "a\tb"):
        assert call(airlock, "get", f"Bearer {odd}").status_code == 401, odd


def test_only_the_hash_of_a_key_is_stored(airlock: Airlock) -> None:
    with airlock.parts.database.reading() as session:
        row = find_key(session, airlock.key)
    assert row is not None
    assert airlock.key not in str(vars(row))


def test_who_is_refused_leaves_nothing_and_is_not_listened_to(airlock: Airlock) -> None:
    for authorization, code in ((None, 403), ("Bearer wrong", 401)):
        headers = {"Authorization": authorization} if authorization else {}
        reply = airlock.client.post(
            airlock.path,
            input_stream=Unread(bytes(1000)),
            content_type="multipart/form-data; boundary=x",
            headers=headers,
        )
        assert reply.status_code == code
    assert (airlock.rows(), list(airlock.parts.store.keys(""))) == ([], [])
