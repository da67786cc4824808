"""Submitting, looking and deleting over the native API."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
import sqlalchemy as sa
from freezegun import freeze_time
from werkzeug.test import TestResponse

from deployment.clock import utcnow
from deployment.models import AuditLine, Delivery, ExecutionLabel
from deployment.reconcile import reconcile
from examples.pdf_pages import write_pdf
from storage import AccessDenied
from tests.airlock import Airlock
from tests.deployment.api.v1.native import Native, with_key
from tests.deployment.api.v1.problems import breaches, problem
from tests.deployment.api.wire import left
from tests.sabotage import BeforePut, raising, replace_parts

LONG = '{"a": "' + "x" * 20_000 + '"}'
HERE = "/deployments/acme/text/executions"


@pytest.fixture
def native(airlock: Airlock) -> Native:
    return with_key(airlock)


def post(native: Native, *, content: bytes = b"Hello, world.", headers: Any = None, **fields: Any) -> TestResponse:
    data = {"files": [(io.BytesIO(content), "hello.txt")], **fields}
    return native("post", HERE, data=data, headers=headers or {})


def submitted(native: Native, **fields: Any) -> UUID:
    reply = post(native, **fields)
    assert reply.status_code == 202, reply.text
    return UUID(reply.get_json()["id"])


def test_an_accepted_one_says_where_to_look_and_what_was_asked(airlock: Airlock, native: Native) -> None:
    asked: dict[str, Any] = {
        "options": '{"full_text": true}',
        "metadata": '{"case": 7}',
        "tags": "a, b",
        "deadline": "60",
    }
    reply = post(native, **asked)
    told = reply.get_json()
    assert (reply.status_code, told["status"], told["metadata"], told["tags"]) == (
        202,
        "QUEUED",
        {"case": 7},
        ["a", "b"],
    )
    assert reply.headers["Location"] == told["links"]["self"]
    assert reply.headers["Retry-After"]
    run = airlock.run(UUID(told["id"]))
    assert run.options["full_text"] is True
    assert (run.deadline_at - run.created_at) == timedelta(seconds=60)
    airlock.work_here(run.id)
    (result,) = native.got("get", f"/executions/{run.id}/results")["results"]
    assert result["output"]["text"] == "Hello, world."
    assert native.got("get", f"/executions/{run.id}/files")["files"][0]["pages"] == 1
    lines = native.got("get", f"/executions/{run.id}/logs")["lines"]
    rest = native.got("get", f"/executions/{run.id}/logs?after={lines[0]['number']}")["lines"]
    assert rest == lines[1:]


def test_its_deadline_counts_the_time_in_the_queue(airlock: Airlock, native: Native) -> None:
    run = submitted(native, deadline="60")
    with freeze_time(utcnow() + timedelta(seconds=63)):
        reconcile(airlock.parts)
    assert native.got("get", f"/executions/{run}")["error"].startswith("deadline_exceeded")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"options": '{"max_pages": 0}'}, ("options", "invalid")),
        ({"options": '{"nothing": 1}'}, ("options", "invalid")),
        ({"options": "["}, ("options", "invalid")),
        ({"metadata": "[]"}, ("metadata", "invalid")),
        ({"metadata": '{"a b": 1}'}, ("metadata", "invalid")),
        ({"metadata": LONG}, ("metadata", "max_length")),
        ({"tags": "1st"}, ("tags", "invalid")),
        ({"deadline": "0"}, ("deadline", "invalid")),
        ({"deadline": "3601"}, ("deadline", "max_value")),
        ({"webhook_url": "ftp://x"}, ("webhook_url", "invalid")),
        ({"webhook_url": "https://example.com/"}, ("webhook_url", "not_allowed")),
        ({"price": "3"}, ("price", "unknown_field")),
        ({"content": b""}, ("files.0", "empty")),
    ],
)
def test_what_makes_no_sense_is_named_and_leaves_nothing(
    airlock: Airlock, native: Native, fields: dict[str, Any], wrong: tuple[str, str]
) -> None:
    assert wrong in breaches(post(native, **fields))
    assert left(airlock) == []


def test_a_json_body_names_urls_and_any_other_kind_is_refused(airlock: Airlock, native: Native) -> None:
    assert ("urls.0", "not_allowed") in breaches(native("post", HERE, {"urls": ["https://example.com/a.pdf"]}))
    assert breaches(native("post", HERE, {})) == {("files", "required")}
    problem(native("post", HERE, data=b"x", headers={"Content-Type": "text/plain"}), 415)
    problem(native("post", HERE, data=b"[" * 100_000, headers={"Content-Type": "application/json"}), 400)
    assert left(airlock) == []


def test_who_would_rather_wait_gets_202_when_it_takes_longer_and_200_when_it_has_ended(
    airlock: Airlock, native: Native
) -> None:
    key = {"Idempotency-Key": "one", "Prefer": "wait=1"}
    first = post(native, headers=key)
    assert (first.status_code, first.headers["Preference-Applied"]) == (202, "wait=1")
    airlock.work_here(UUID(first.get_json()["id"]))
    again = post(native, headers=key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert again.get_json()["id"] == first.get_json()["id"]
    assert again.get_json()["results"][0]["status"] == "SUCCESS"


def test_the_same_key_with_another_body_is_refused_and_another_api_key_has_its_own(
    airlock: Airlock, native: Native
) -> None:
    key = {"Idempotency-Key": "one"}
    first = post(native, headers=key)
    for other in (
        {"content": b"else"},
        {"metadata": '{"a": 1}'},
        {"deadline": "5"},
        {"options": '{"full_text": true}'},
    ):
        problem(post(native, headers=key, **other), 422, "idempotency_key_reused")
    second = post(with_key(airlock), headers=key)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.get_json()["id"] != second.get_json()["id"]


def test_what_fails_before_the_workers_is_told_with_its_reason(airlock: Airlock, native: Native) -> None:
    replace_parts(airlock.app, store=BeforePut(airlock.parts.store, raising(AccessDenied("put", "it"))))
    told = problem(post(native), 422, "not_dispatched")
    shown = native.got("get", f"/executions/{told['execution_id']}")
    assert (shown["status"], shown["error"]) == ("ERROR", told["detail"])


def test_an_end_whose_results_cannot_be_read_is_told_without_them(airlock: Airlock, native: Native) -> None:
    key = {"Idempotency-Key": "one"}
    airlock.work_here(UUID(post(native, headers=key).get_json()["id"]))
    with mock.patch.object(airlock.parts.store, "open", side_effect=AccessDenied("open", "it")):
        told = post(native, headers=key)
    assert (told.status_code, told.get_json()["status"]) == (202, "COMPLETED")
    assert "results" not in told.get_json()


def test_its_webhook_is_told_beside_the_deployments_and_nobody_twice(airlock: Airlock, native: Native) -> None:
    there = "/deployments/acme/text/webhooks"
    native.got("post", there, {"url": "https://example.com/all"}, status=201)
    for own in ("https://example.com/own", "https://example.com/all"):
        airlock.work_here(submitted(native, webhook_url=own))
    with airlock.parts.database.reading() as session:
        told = [str(url).rpartition("/")[2] for url in session.scalars(sa.select(Delivery.url))]
    assert sorted(told) == ["all", "all", "own"]


@pytest.mark.parametrize("odd", ["\x00", "\x1b[31m", "\u202e", "\ud800", "\x7f", "\u2028"], ids=ascii)
def test_metadata_of_odd_characters_is_given_back_as_it_came_or_refused(
    airlock: Airlock, native: Native, odd: str
) -> None:
    for metadata in ({f"a{odd}": 1}, {"a": f"b{odd}"}):
        reply = post(native, metadata=json.dumps(metadata))
        if reply.status_code == 202:
            run = reply.get_json()["id"]
            assert native.got("get", f"/executions/{run}")["metadata"] == metadata
            assert native.got("get", "/executions")["executions"][0]["metadata"] == metadata
        else:
            problem(reply, 400)


def test_a_look_costs_nothing_if_nothing_has_changed(airlock: Airlock, native: Native) -> None:
    run = submitted(native)
    first = native("get", f"/executions/{run}")
    assert first.headers["Retry-After"]
    known = {"If-None-Match": first.headers["ETag"]}
    assert native("get", f"/executions/{run}", headers=known).status_code == 304
    airlock.work_here(run)
    changed = native("get", f"/executions/{run}?wait=5", headers=known)
    assert (changed.status_code, changed.get_json()["status"]) == (200, "COMPLETED")
    assert "Retry-After" not in changed.headers


def test_an_expired_one_says_since_when(airlock: Airlock, native: Native) -> None:
    airlock.work_here(run := submitted(native))
    with freeze_time(utcnow() + timedelta(days=8)):
        for path in ("", "/results"):
            told = problem(native("get", f"/executions/{run}{path}"), 410, "expired")
            assert told["expired_at"]


def test_a_link_to_an_output_needs_no_key_for_ten_minutes_and_for_nothing_else(
    airlock: Airlock, native: Native, tmp_path: Path
) -> None:
    split = Airlock(airlock.app, "split-pages", name="split")
    write_pdf(tmp_path / "two.pdf", [("one", []), ("two", [])])
    run = split.accept([("two.pdf", (tmp_path / "two.pdf").read_bytes())])
    split.work_here(run)
    first, second = native.got("get", f"/executions/{run}/results")["results"][0]["outputs"]
    client = airlock.client
    with client.get(first["url"]) as reply:
        assert (reply.status_code, len(reply.data)) == (200, first["size"])
    token = first["url"].partition("?")[2]
    assert client.get(f"{second['url'].partition('?')[0]}?{token}").status_code == 401
    with freeze_time(utcnow() + timedelta(minutes=11)):
        assert client.get(first["url"]).status_code == 401
    assert native("delete", f"/executions/{run}").status_code == 204
    assert client.get(first["url"]).status_code == 404


def test_what_is_deleted_leaves_no_word_of_its_caller(airlock: Airlock, native: Native) -> None:
    key = {"Idempotency-Key": "one"}
    reply = post(native, headers=key, tags="secret", metadata='{"name": "secret"}', custom_data='{"a": "secret"}')
    run = UUID(reply.get_json()["id"])
    problem(native("delete", f"/executions/{run}"), 409, "conflict")
    airlock.work_here(run)
    for _ in range(2):
        assert native("delete", f"/executions/{run}").status_code == 204
    assert list(airlock.parts.store.keys("")) == []
    row = airlock.run(run)
    assert (row.tags, row.caller_metadata, row.custom_data, row.files[0].name) == ([], {}, {}, "")
    assert "hello" not in " ".join(airlock.log(run))
    with airlock.parts.database.reading() as session:
        assert session.scalars(sa.select(ExecutionLabel)).all() == []
        assert session.scalars(sa.select(AuditLine.subject).where(AuditLine.action == "execution.deleted")).all() == [
            str(run)
        ]
    for path in ("", "/results", "/files", "/logs", "/events"):
        problem(native("get", f"/executions/{run}{path}"), 410, "deleted")
    assert airlock.get(run).status_code == 410
    problem(post(native, headers=key, tags="secret", metadata='{"name": "secret"}', custom_data='{"a": "secret"}'), 410)


def test_a_deleted_run_is_told_to_nobody_whom_only_its_request_has_named(airlock: Airlock, native: Native) -> None:
    native.got("post", "/deployments/acme/text/webhooks", {"url": "https://example.com/all"}, status=201)
    for name in ("own?token=secret", "all"):
        airlock.work_here(run := submitted(native, webhook_url=f"https://example.com/{name}"))
        assert native("delete", f"/executions/{run}").status_code == 204
    with airlock.parts.database.reading() as session:
        assert set(session.scalars(sa.select(Delivery.url))) == {"https://example.com/all"}


def test_while_the_storage_is_away_a_deletion_is_taken_and_done_later(airlock: Airlock, native: Native) -> None:
    airlock.work_here(run := submitted(native))
    store = airlock.parts.store
    replace_parts(airlock.app, store=_Denying(store))
    assert native("delete", f"/executions/{run}").status_code == 202
    problem(native("get", f"/executions/{run}/results"), 410, "deleted")
    replace_parts(airlock.app, store=store)
    with freeze_time(utcnow() + timedelta(minutes=5)):
        reconcile(airlock.parts)
    assert list(store.keys("")) == []


class _Denying:
    """A store that lets nothing be deleted."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def delete_prefix(self, _prefix: str) -> None:
        raise AccessDenied("delete", "it")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
