"""Usage: each run that came to the workers is counted once, however it has ended, and stays counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from deployment.clock import utcnow
from deployment.models import Usage
from deployment.stop import stop
from storage import AccessDenied
from tests.airlock import HELLO, Airlock
from tests.deployment.api.v1.native import Native, with_key
from tests.deployment.api.v1.problems import breaches
from tests.sabotage import BeforePut, raising, replace_parts

BAD = ("bad.bin", b"\x00\x01\x02")
SUMS = ("executions", "completed", "error", "stopped", "files", "pages", "bytes")


@pytest.fixture
def reader(airlock: Airlock) -> Native:
    return with_key(airlock)


def sums(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in SUMS if row[name]}


def test_every_end_is_counted_once_with_what_it_has_cost(airlock: Airlock, reader: Native) -> None:
    airlock.work_here(airlock.accept([HELLO, BAD]))
    airlock.work_here(airlock.accept([BAD]))
    stop(airlock.parts, airlock.accept([HELLO]), by="test")
    (row,) = reader.got("get", "/usage")["rows"]
    size = 2 * len(HELLO[1]) + 2 * len(BAD[1])
    counted = {"executions": 3, "completed": 1, "error": 1, "stopped": 1, "files": 4, "pages": 1, "bytes": size}
    assert (row["day"], sums(row)) == (utcnow().date().isoformat(), counted)
    assert row["seconds"] > 0


def test_what_never_came_to_the_workers_costs_nothing(airlock: Airlock, reader: Native) -> None:
    denied = raising(AccessDenied("put", "it"))
    replace_parts(airlock.app, store=BeforePut(airlock.parts.store, denied))
    assert airlock.post().status_code == 422
    assert reader.got("get", "/usage")["rows"] == []


def test_it_is_told_apart_as_one_asks(airlock: Airlock, reader: Native) -> None:
    other = Airlock(airlock.app, name="other")
    for each in (airlock, other, other):
        each.work_here(each.accept())
    by_deployment = reader.got("get", "/usage?by=deployment")["rows"]
    assert {row["deployment"]: row["executions"] for row in by_deployment} == {"text": 1, "other": 2}
    both = reader.got("get", "/usage?by=key&by=deployment")["rows"]
    assert {(row["key"], row["deployment"]) for row in both} == {(airlock.key[:12], "text"), (other.key[:12], "other")}
    assert all(row["day"] is None for row in both)


def test_a_key_sees_what_it_may_call(airlock: Airlock) -> None:
    other, theirs = Airlock(airlock.app, name="other"), Airlock(airlock.app, organization="others")
    for each in (airlock, other, theirs):
        each.work_here(each.accept())
    assert [row["executions"] for row in with_key(airlock).got("get", "/usage")["rows"]] == [2]
    narrow = with_key(airlock, deployment="text")
    assert [row["executions"] for row in narrow.got("get", "/usage")["rows"]] == [1]


def test_a_day_belongs_to_when_a_run_was_accepted(airlock: Airlock, reader: Native) -> None:
    run = airlock.accept()
    airlock.work_here(run)
    with airlock.parts.database.writing() as session:
        session.get_one(Usage, run).day = yesterday = (utcnow() - timedelta(days=1)).date()
    today = utcnow().date()
    assert reader.got("get", f"/usage?from={today}")["rows"] == []
    assert [row["day"] for row in reader.got("get", f"/usage?from={yesterday}&to={yesterday}")["rows"]] == [
        yesterday.isoformat()
    ]


def test_it_stays_when_the_run_is_deleted(airlock: Airlock, reader: Native) -> None:
    run = airlock.accept()
    airlock.work_here(run)
    assert reader("delete", f"/executions/{run}").status_code == 204
    assert [row["executions"] for row in reader.got("get", "/usage")["rows"]] == [1]


@pytest.mark.parametrize(
    "query", ["from=2026-01-02&to=2026-01-01", "from=2020-01-01&to=2026-01-01", "from=x", "by=color"]
)
def test_a_question_that_makes_no_sense_is_refused(reader: Native, query: str) -> None:
    assert breaches(reader("get", f"/usage?{query}"))


@pytest.mark.parametrize("query", ["to=0001-01-01", "from=9999-01-01&to=9999-12-31"])
def test_days_without_a_run_have_no_rows(reader: Native, query: str) -> None:
    assert reader.got("get", f"/usage?{query}")["rows"] == []
