"""Keys over HTTP: each can make, change and revoke others, and can give no more than it has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from freezegun import freeze_time

from deployment.clock import utcnow
from deployment.models import Scope
from tests.airlock import Airlock
from tests.deployment.api.v1.native import Native, with_key
from tests.deployment.api.v1.problems import breaches, problem

CALLING = ["run", "read", "stop"]


@pytest.fixture
def manager(airlock: Airlock) -> Native:
    """The key of an organisation that may do everything."""
    return with_key(airlock)


def works(airlock: Airlock, key: str) -> bool:
    """Whether the wire takes a key: 400 asks for an execution."""
    return airlock.client.get(airlock.path, headers={"Authorization": f"Bearer {key}"}).status_code == 400


def test_a_key_is_shown_once_and_works_where_it_should(airlock: Airlock, manager: Native) -> None:
    Airlock(airlock.app, name="other")
    made = manager("post", "/keys", {"label": "nightly", "deployment": "text"})
    told = made.get_json()
    assert (made.status_code, told["scopes"], told["label"]) == (201, CALLING, "nightly")
    assert made.headers["Cache-Control"] == "no-store"
    shown = manager.got("get", made.headers["Location"].removeprefix("/v1"))
    assert shown == {name: value for name, value in told.items() if name != "key"}
    assert works(airlock, told["key"])
    assert Native(airlock, told["key"])("get", "/deployments/acme/other").status_code == 404
    assert told["key"] not in manager("get", "/keys").text


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (Scope.RUN, {("post", "/deployments/acme/text/executions")}),
        (Scope.READ, {("get", "/deployments"), ("get", "/workflows")}),
        (Scope.MANAGE, {("get", "/keys"), ("get", "/audit")}),
        (Scope.STOP, set()),
    ],
)
def test_a_scope_allows_what_it_says_and_nothing_else(
    airlock: Airlock, scope: Scope, allowed: set[tuple[str, str]]
) -> None:
    native = with_key(airlock, [scope])
    asked = [
        ("post", "/deployments/acme/text/executions"),
        ("get", "/deployments"),
        ("get", "/workflows"),
        ("get", "/keys"),
        ("get", "/audit"),
    ]
    assert {each for each in asked if native(*each).status_code != 403} == allowed


def test_the_wire_takes_a_key_for_what_it_may_do(airlock: Airlock) -> None:
    reads, runs = with_key(airlock, [Scope.READ]), with_key(airlock, [Scope.RUN])
    airlock.key = runs.key
    run = airlock.accept()
    assert airlock.get(run).status_code == 401
    airlock.key = reads.key
    assert airlock.get(run).status_code == 422, "it is still running"
    assert airlock.post().status_code == 401


def test_a_change_counts_from_the_next_request_on(airlock: Airlock, manager: Native) -> None:
    made = manager.got("post", "/keys", {}, status=201)
    changed = manager.got("patch", f"/keys/{made['id']}", {"scopes": ["read"], "concurrency": 3})
    assert (changed["scopes"], changed["concurrency"], changed["label"]) == (["read"], 3, "")
    native = Native(airlock, made["key"])
    assert native("post", "/deployments/acme/text/executions").status_code == 403
    assert native("get", "/deployments").status_code == 200


def test_a_revoked_key_is_useless_at_once_and_may_be_revoked_again(airlock: Airlock, manager: Native) -> None:
    made = manager.got("post", "/keys", {}, status=201)
    for _ in range(2):
        assert manager("delete", f"/keys/{made['id']}").status_code == 204
    assert not works(airlock, made["key"])
    assert manager.got("get", f"/keys/{made['id']}")["active"] is False
    assert problem(manager("post", f"/keys/{made['id']}/rotate"), 409)["code"] == "conflict"


def test_an_old_key_works_on_for_the_overlap(airlock: Airlock, manager: Native) -> None:
    old = manager.got("post", "/keys", {"label": "nightly", "concurrency": 2}, status=201)
    new = manager.got("post", f"/keys/{old['id']}/rotate", {"overlap": 60}, status=201)
    assert (new["label"], new["concurrency"]) == ("nightly", 2)
    assert [works(airlock, each["key"]) for each in (old, new)] == [True, True]
    with freeze_time(utcnow() + timedelta(seconds=61)):
        assert [works(airlock, each["key"]) for each in (old, new)] == [False, True]


def test_no_key_can_give_what_it_does_not_have(airlock: Airlock) -> None:
    Airlock(airlock.app, name="other")
    soon = utcnow() + timedelta(hours=1)
    narrow = with_key(airlock, [Scope.MANAGE, Scope.READ], deployment="text", expires_at=soon)
    later, until = (soon + timedelta(days=1)).isoformat(), {"expires_at": soon.isoformat()}
    for asked in (
        {"deployment": "text", "scopes": ["run"], **until},
        {"scopes": ["read"], **until},
        {"deployment": "text", "scopes": ["read"]},
        {"deployment": "text", "scopes": ["read"], "expires_at": later},
    ):
        problem(narrow("post", "/keys", asked), 403, "permission_denied")
    problem(narrow("post", "/keys", {"deployment": "other", "scopes": ["read"], **until}), 404)
    made = narrow.got("post", "/keys", {"deployment": "text", "scopes": ["read"], **until}, status=201)
    problem(narrow("patch", f"/keys/{made['id']}", {"scopes": ["stop"]}), 403)
    problem(narrow("patch", f"/keys/{made['id']}", {"expires_at": None}), 403)
    own = next(key for key in narrow.got("get", "/keys")["keys"] if narrow.key.startswith(key["prefix"]))
    problem(narrow("patch", f"/keys/{own['id']}", {"scopes": list(Scope)}), 403)


def test_a_key_of_a_deployment_manages_only_keys_of_that(airlock: Airlock, manager: Native) -> None:
    narrow = with_key(airlock, deployment="text")
    wide = manager.got("post", "/keys", {}, status=201)
    assert wide["id"] not in [key["id"] for key in narrow.got("get", "/keys")["keys"]]
    for method, path in (("get", ""), ("patch", ""), ("delete", ""), ("post", "/rotate")):
        problem(narrow(method, f"/keys/{wide['id']}{path}", None if method in ("get", "delete") else {}), 404)
    assert works(airlock, wide["key"])


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"label": "a\x00b"}, ("label", "invalid")),
        ({"label": "x" * 65}, ("label", "invalid")),
        ({"label": "\ud800"}, ("label", "invalid")),
        ({"scopes": ["everything"]}, ("scopes.0", "invalid")),
        ({"concurrency": 0}, ("concurrency", "invalid")),
        ({"concurrency": 10**30}, ("concurrency", "invalid")),
        ({"expires_at": "yesterday"}, ("expires_at", "invalid")),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ("expires_at", "min_value")),
        ({"expires_at": "9999-12-31T23:59:59-23:00"}, ("expires_at", "invalid")),
        ({"deployment": "../x"}, ("deployment", "invalid")),
        ({"secret": "mine"}, ("secret", "unknown_field")),
    ],
)
def test_what_makes_no_sense_is_named(manager: Native, asked: dict[str, Any], wrong: tuple[str, str]) -> None:
    assert breaches(manager("post", "/keys", asked)) == {wrong}


def test_when_a_key_was_used_last_is_known_to_the_minute(airlock: Airlock, manager: Native) -> None:
    def last_used() -> str:
        return str(manager.got("get", f"/keys/{made['id']}")["last_used_at"])

    made = manager.got("post", "/keys", {}, status=201)
    assert last_used() == "None"
    now = utcnow()
    for seconds, noted in ((0, 0), (50, 0), (70, 70)):
        with freeze_time(now + timedelta(seconds=seconds)):
            assert works(airlock, made["key"])
        assert last_used().startswith((now + timedelta(seconds=noted)).isoformat()[:19])


def test_whatever_is_changed_is_noted_with_who_has_done_it(airlock: Airlock, manager: Native) -> None:
    made = manager.got("post", "/keys", {}, status=201)
    manager.got("patch", f"/keys/{made['id']}", {"label": "x"})
    manager.got("post", f"/keys/{made['id']}/rotate", {}, status=201)
    manager("delete", f"/keys/{made['id']}")
    page = manager.got("get", "/audit?limit=3")
    changes = page["changes"] + manager.got("get", f"/audit?cursor={page['next_cursor']}")["changes"]
    assert [(each["action"], each["subject"]) for each in changes[:4]] == [
        ("key.revoked", made["prefix"]),
        ("key.created", changes[1]["subject"]),
        ("key.rotated", made["prefix"]),
        ("key.changed", made["prefix"]),
    ]
    assert {each["actor"] for each in changes[:5]} == {f"key {manager.key[:12]}"}
    assert changes[-1]["actor"] == "command line"
    assert made["key"] not in str(changes)
    problem(with_key(airlock, deployment="text")("get", "/audit"), 403)
