"""Lists of executions: what is asked for, page by page, right under inserts, at the cost of a few statements."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from deployment.models import Execution
from deployment.stop import stop
from tests.airlock import Airlock
from tests.deployment.api.v1.native import Native, with_key
from tests.deployment.api.v1.problems import breaches
from tests.deployment.reconcile.crowd import statements


@pytest.fixture
def reader(airlock: Airlock) -> Native:
    return with_key(airlock)


def submit(reader: Native, **fields: Any) -> UUID:
    told = reader.got(
        "post",
        "/deployments/acme/text/executions",
        status=202,
        data={"files": [(io.BytesIO(b"Hello"), "hello.txt")], **fields},
    )
    return UUID(told["id"])


def ids(found: Any) -> list[UUID]:
    return [UUID(each["id"]) for each in found["executions"]]


def test_the_newest_come_first_with_what_a_person_looks_for(airlock: Airlock, reader: Native) -> None:
    older, newer = submit(reader, tags="a,b", metadata='{"case": "7"}'), submit(reader)
    airlock.work_here(older)
    listed = reader.got("get", "/executions")
    assert ids(listed) == [newer, older]
    shown, whole = listed["executions"][1], reader.got("get", f"/executions/{older}")
    assert (shown["tags"], shown["metadata"], shown["link"]) == (["a", "b"], {"case": "7"}, f"/v1/executions/{older}")
    assert {name: whole[name] for name in shown if name in whole} == {
        name: value for name, value in shown.items() if name in whole
    }
    assert (shown["total_files"], shown["open_files"], listed["next_cursor"]) == (1, 0, None)


def test_each_filter_finds_what_it_says(airlock: Airlock, reader: Native) -> None:
    Airlock(airlock.app, name="other").accept()
    first = submit(reader, tags="red,round", metadata='{"case": "7", "n": 1}')
    second = submit(reader, tags="red", metadata='{"case": "8"}')
    third = submit(reader)
    stop(airlock.parts, third, by="test")
    between = (airlock.run(second).created_at - timedelta(microseconds=1)).isoformat().replace("+", "%2B")
    for query, found in (
        ("tag=red", [second, first]),
        ("tag=red&tag=round", [first]),
        ("metadata[case]=7", [first]),
        ("metadata[n]=1", [first]),
        ("metadata[case]=7&tag=round", [first]),
        ("tag=red&status=STOPPED", []),
        ("status=STOPPED", [third]),
        ("status=STOPPED&status=QUEUED&deployment=text", [third, second, first]),
        ("deployment=text", [third, second, first]),
        ("deployment=nothing", []),
        (f"created_before={between}&deployment=text", [first]),
        (f"created_after={between}&deployment=text", [third, second]),
        ("tag=nothing", []),
    ):
        assert ids(reader.got("get", f"/executions?{query}")) == found, query


def test_pages_lose_nothing_and_repeat_nothing_while_more_is_accepted(airlock: Airlock, reader: Native) -> None:
    there, seen, cursor = [submit(reader) for _ in range(5)], [], ""
    for _ in range(3):
        listed = reader.got("get", f"/executions?limit=2{cursor}")
        seen += ids(listed)
        cursor = f"&cursor={listed['next_cursor']}"
        submit(reader)
    assert seen == there[::-1]


def test_a_page_links_to_the_next_one_of_the_same_question(reader: Native) -> None:
    there = [submit(reader, tags="red,round", metadata='{"a.b": "c&d"}') for _ in range(3)]
    submit(reader, tags="red")
    path, seen = "/v1/executions?tag=red&tag=round&metadata[a.b]=c%26d&limit=2", []
    while path:
        listed = reader.got("get", path.removeprefix("/v1"))
        seen.append(ids(listed))
        path = listed["links"]["next"]
    assert seen == [there[:0:-1], there[:1]]


def test_runs_of_one_instant_are_told_apart_by_their_ids(airlock: Airlock, reader: Native) -> None:
    there = [submit(reader) for _ in range(4)]
    for run in there:
        airlock.swap(Execution, run, created_at=airlock.run(there[0]).created_at)
    first = reader.got("get", "/executions?limit=2")
    second = reader.got("get", f"/executions?limit=2&cursor={first['next_cursor']}")
    assert sorted(ids(first) + ids(second)) == sorted(there)


def test_a_key_sees_the_runs_that_it_may_call(airlock: Airlock) -> None:
    other, theirs = Airlock(airlock.app, name="other"), Airlock(airlock.app, organization="others")
    mine, its = airlock.accept(), other.accept()
    theirs.accept()
    assert ids(with_key(airlock).got("get", "/executions")) == [its, mine]
    assert ids(with_key(airlock, deployment="text").got("get", "/executions")) == [mine]
    assert ids(with_key(airlock, deployment="text").got("get", "/executions?deployment=other")) == []


def test_a_deleted_run_is_not_listed(airlock: Airlock, reader: Native) -> None:
    run = submit(reader, tags="red")
    airlock.work_here(run)
    assert reader("delete", f"/executions/{run}").status_code == 204
    for query in ("", "?tag=red", "?status=COMPLETED"):
        assert ids(reader.got("get", f"/executions{query}")) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("status=DONE", "status.0"),
        ("created_after=yesterday", "created_after"),
        ("created_after=2026-01-01T00:00:00", "created_after"),
        ("created_after=0001-01-01T00:00:00%2B14:00", "created_after"),
        ("tag=%00", "tag.0"),
        ("metadata[a]=%00", "metadata"),
        ("&".join(f"metadata[k{number}]=1" for number in range(11)), "metadata"),
        ("cursor=x", "cursor"),
        ("cursor=WyIyMDI2LTAxLTAxIiwgIngiXQ", "cursor"),
        ("cursor=WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsIG51bGxd", "cursor"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(reader: Native, query: str, field: str) -> None:
    assert {name for name, _ in breaches(reader("get", f"/executions?{query}"))} == {field}


@pytest.mark.parametrize("query", ["", "?status=QUEUED&status=ERROR", "?tag=red&tag=round&deployment=text"])
def test_a_page_asks_a_few_questions_however_long_it_is(airlock: Airlock, reader: Native, query: str) -> None:
    def asked(reply: TestResponse) -> int:
        assert reply.status_code == 200
        return len(ids(reply.get_json()))

    counts = []
    for more in (1, 5):
        for _ in range(more):
            submit(reader, tags="red,round")
        with statements(airlock.parts.database) as sent:
            found = asked(reader("get", f"/executions{query}"))
        counts.append((found, len(sent)))
    (few, before), (many, after) = counts
    assert (few, many) == (1, 6)
    assert before == after <= 5, "the key, its use, the deployment's name, the narrowest filter, the page"
