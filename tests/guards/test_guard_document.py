"""The recipes of `docs/guard.md` do what they say, with a database, a queue and a store that are real."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError
from redis.retry import Retry
from rq import Queue

import guards.memory  # the recipes import all of these by the name that they are published under
import guards.sql
import guards.testing  # noqa: F401
from guards import Mark, outcome_of
from tests.guards.document import PATH, code, run_section, sections, statements
from tests.guards.effects import combinations
from tests.guards.runs import raising
from tests.mutants.wrong_guards import MUTANTS
from tests.servers.rclone import KEY, SECRET, RcloneS3
from tests.servers.tcp_proxy import TcpProxy

AMBIGUOUS, SLOTS, FILES = "A dispatch of which nobody knows", "Slots in Redis", "Files in S3"
OWN_LEDGER = "A ledger of one's own"
Recipe = Callable[..., dict[str, Any]]


@pytest.fixture
def recipe(bare_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recipe]:
    """Runs the recipes' common ground and one section, given the names that the section leaves to the reader."""
    for name in ("", ".sql", ".memory", ".testing"):
        monkeypatch.setitem(sys.modules, f"pre_dispatch_guard{name}", sys.modules[f"guards{name}"])
    engine = sa.create_engine(bare_database_url)
    with engine.begin() as connection:
        connection.execute(sa.text(statements()["the table"]))
    namespace: dict[str, Any] = {"DATABASE_URL": bare_database_url}

    def run(heading: str, **names: str) -> dict[str, Any]:
        namespace.update(names)
        run_section("Recipes", namespace)
        run_section(heading, namespace)
        return namespace

    yield run
    for made in (engine, namespace["engine"], namespace["ledger"].engine):
        made.dispose()
    if "connection" in namespace:
        namespace["connection"].close()


def row(found: dict[str, Any]) -> Any:
    with found["engine"].connect() as connection:
        return connection.execute(sa.select(found["runs"])).one()


def test_every_block_of_python_belongs_to_a_recipe_that_is_run() -> None:
    run = ["Recipes", AMBIGUOUS, SLOTS, FILES, OWN_LEDGER]
    assert [name for name, text in sections().items() if code("python", text)] == run


@pytest.mark.parametrize("path", [PATH, PATH.parents[1] / "guards" / "README.md"], ids=lambda path: path.name)
def test_the_combinations_and_the_mutants_are_as_many_as_it_says(path: Path) -> None:
    runs = 2 * len(combinations())
    assert f"{runs} combinations" in path.read_text()
    assert re.search(rf"\b{len(MUTANTS)} (wrong guards|killed, 0 survived)", path.read_text())


def test_every_mark_is_in_the_table() -> None:
    table = sections()["What happens when"]
    assert [mark.name for mark in Mark if f"`{mark.name}`" not in table] == []


def test_a_run_is_enqueued_under_an_id_of_its_own(recipe: Recipe, redis_url: str) -> None:
    found = recipe(AMBIGUOUS, REDIS_URL=redis_url)
    status, run = found["answer"]()
    assert (status, row(found).status) == (202, "QUEUED")
    assert found["queue"].job_ids == [f"{run}-1"]


def test_a_job_whose_reply_was_lost_is_taken_back_and_dropped_at_its_claim(
    recipe: Recipe, redis_proxy: TcpProxy
) -> None:
    found = recipe(AMBIGUOUS, REDIS_URL=redis_proxy.url)
    trap = redis_proxy.lose_reply(b"EXEC|EVALSHA|EVAL")
    status, reason = found["answer"]()
    assert trap.sprung
    assert (status, row(found).status, row(found).error) == (422, "ERROR", reason)
    with found["engine"].begin() as connection:
        claim = connection.execute(sa.text(statements()["claim"]), {"id": row(found).id, "now": int(time.time())})
        assert claim.first() is None


def test_a_queue_that_is_down_refuses_and_the_run_is_over(recipe: Recipe, redis_proxy: TcpProxy) -> None:
    found = recipe(AMBIGUOUS, REDIS_URL=redis_proxy.url)
    redis_proxy.refuse()
    status, _ = found["answer"]()
    assert (status, row(found).status) == (422, "ERROR")


def test_without_a_row_nothing_was_accepted(recipe: Recipe, redis_url: str) -> None:
    found = recipe(AMBIGUOUS, REDIS_URL=redis_url)
    found["create_run"] = raising(ConnectionError("database is away"))
    assert found["answer"]() == (503, "nothing was accepted: try again")
    assert Queue(connection=found["connection"]).job_ids == []


def test_a_slot_is_held_by_a_run_that_goes_on_and_given_back_by_one_that_fails(recipe: Recipe, redis_url: str) -> None:
    found = recipe(SLOTS, REDIS_URL=redis_url)
    submit, connection = found["submit"], found["connection"]
    with pytest.raises(OSError):
        submit(raising(OSError("403")), void)
    assert connection.zcard("slots:acme") == 0
    for _ in range(found["LIMIT"]):
        submit(void, void)
    with pytest.raises(found["NoFreeSlot"]) as refused:
        submit(void, void)
    assert outcome_of(refused.value) is None
    assert connection.zcard("slots:acme") == found["LIMIT"]


def test_a_slot_whose_taking_was_not_answered_is_given_back(recipe: Recipe, redis_proxy: TcpProxy) -> None:
    found = recipe(SLOTS, REDIS_URL=redis_proxy.url)
    found["connection"].set_retry(Retry(NoBackoff(), 0))
    found["submit"](void, void)
    trap = redis_proxy.lose_reply(b"EVALSHA")
    with pytest.raises(ConnectionError):
        found["submit"](void, void)
    assert trap.sprung
    assert found["connection"].zcard("slots:acme") == 1


def test_files_are_there_for_the_worker_and_gone_after_a_failure(recipe: Recipe, s3: RcloneS3) -> None:
    bucket = urlsplit(s3.fresh_bucket()).path.strip("/")
    found = recipe(FILES, S3_ENDPOINT=s3.endpoint, S3_KEY=KEY, S3_SECRET=SECRET, BUCKET=bucket)
    with pytest.raises(OSError):
        found["submit"]([b"one", b"two"], raising(OSError("queue away")))
    assert stored(s3, bucket) == []
    run = found["submit"]([b"one", b"two"], void)
    assert stored(s3, bucket) == [f"{run}/in/0", f"{run}/in/1"]
    found["delete_prefix"](f"{run}/in/")
    assert stored(s3, bucket) == []


def stored(s3: RcloneS3, bucket: str) -> list[str | None]:
    return [found.object_name for found in s3.client().list_objects(bucket, recursive=True)]


def test_the_ledger_of_ones_own_passes_the_suite(recipe: Recipe) -> None:
    found = recipe(OWN_LEDGER)
    suite = found["TestRunsLedger"]()
    names = [name for name in dir(suite) if name.startswith("test_")]
    assert len(names) > 15
    for name in names:
        getattr(suite, name)(found["Subject"]())


def test_the_document_names_only_files_that_there_are() -> None:
    named = {word for word in PATH.read_text().split("`") if word.startswith(("tests/", "examples/"))}
    assert named
    assert [name for name in named if not (PATH.parents[1] / name).is_file()] == []


def void(*_: object) -> None: ...
