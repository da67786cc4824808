"""Cleanup and retention: what is superfluous goes, what was promised stays, and no failure holds up another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from flask import Flask

from deployment.clock import utcnow
from deployment.models import Execution
from deployment.reconcile import CHORES, reconcile, tend
from storage import names
from tests.airlock import Airlock
from tests.deployment.reconcile.overdue import lose_worker, move_run
from tests.servers.s3_proxy import S3Proxy

NewApp = Callable[..., Flask]
CLEANUPS = ("DELETE", "POST ?delete")


@pytest.fixture
def on_sqlite(new_app: NewApp, sqlite_url: str, redis_url: str) -> Airlock:
    """For what has nothing to do with the database."""
    return Airlock(new_app(database_url=sqlite_url, redis_url=redis_url))


def objects(airlock: Airlock, run: UUID) -> list[str]:
    return sorted(key.split("/", 1)[1] for key in airlock.parts.store.keys(names.execution(run)))


def done(airlock: Airlock) -> UUID:
    """A run that has ended well."""
    run = airlock.accept()
    airlock.work_here(run)
    return run


def expire(airlock: Airlock, *runs: UUID) -> None:
    for run in runs:
        airlock.swap(Execution, run, expires_at=utcnow() - timedelta(seconds=1), cleanup_due_at=None)


def test_the_end_of_a_run_deletes_its_inputs_and_keeps_its_result(on_sqlite: Airlock) -> None:
    run = done(on_sqlite)
    file = on_sqlite.stored(run).files[0]
    assert objects(on_sqlite, run) == [f"out/{file.id}/1/result.json"]


def test_only_the_later_pass_clears_the_mark_and_takes_what_a_zombie_wrote_meanwhile(airlock: Airlock) -> None:
    run = airlock.accept()
    lose_worker(airlock, run)
    reconcile(airlock.parts)
    airlock.work()
    ended = airlock.stored(run)
    assert ended.cleanup_due_at == ended.ended_at + airlock.parts.policy.cleanup_grace  # type: ignore[operator]
    zombie = names.output_prefix(run, ended.files[0].id, 1)
    for key in (f"{zombie}result.json", f"{names.inputs(run)}0"):
        with open(__file__, "rb") as source:
            airlock.parts.store.put(key, source)
    assert reconcile(airlock.parts)["cleaned_up"] == 0
    move = {"cleanup_due_at": utcnow(), "ended_at": utcnow() - airlock.parts.policy.cleanup_grace}
    airlock.swap(Execution, run, **move)
    assert reconcile(airlock.parts)["cleaned_up"] == 1
    assert objects(airlock, run) == [f"out/{ended.files[0].id}/2/result.json"]
    assert airlock.stored(run).cleanup_due_at is None


def test_a_cleanup_that_fails_is_tried_again_with_growing_pauses_and_at_least_once_per_grace(
    new_app: NewApp, sqlite_url: str, redis_url: str, s3_faults: S3Proxy
) -> None:
    airlock = Airlock(new_app(database_url=sqlite_url, redis_url=redis_url, storage_url=s3_faults.url))
    s3_faults.deny(*CLEANUPS)
    run = done(airlock)
    pauses = []
    for _ in range(9):
        airlock.swap(Execution, run, cleanup_due_at=utcnow())
        began = utcnow()
        assert reconcile(airlock.parts)["cleaned_up"] == 0
        due = airlock.stored(run).cleanup_due_at
        assert due is not None
        pauses.append(round((due - began).total_seconds()))
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (2, 90)
    s3_faults.allow()
    airlock.swap(Execution, run, cleanup_due_at=utcnow())
    assert reconcile(airlock.parts)["cleaned_up"] == 1
    assert airlock.inputs(run) == []


def test_an_expired_result_is_purged_and_the_row_stays_and_says_so(airlock: Airlock) -> None:
    run, kept = done(airlock), done(airlock)
    expire(airlock, run)
    assert airlock.get(run).status_code == 410
    assert reconcile(airlock.parts)["purged"] == 1
    assert objects(airlock, run) == []
    assert airlock.stored(run).purged_at is not None
    assert airlock.get(run).status_code == 410
    assert (airlock.get(kept).status_code, len(objects(airlock, kept))) == (200, 1)
    assert reconcile(airlock.parts)["purged"] == 0


def test_c8_a_first_page_of_runs_that_cannot_be_purged_does_not_hide_the_next_one(on_sqlite: Airlock) -> None:
    bad, good = [done(on_sqlite), done(on_sqlite)], done(on_sqlite)
    expire(on_sqlite, *bad, good)
    on_sqlite.swap(Execution, good, expires_at=utcnow())
    delete = on_sqlite.parts.store.delete_prefix

    def delete_unless_bad(prefix: str) -> None:
        if any(str(run) in prefix for run in bad):
            raise OSError("no")
        delete(prefix)

    with (
        mock.patch.object(on_sqlite.parts.store, "delete_prefix", delete_unless_bad),
        mock.patch("deployment.reconcile.chores.BATCH", 2),
    ):
        for _ in range(2):
            reconcile(on_sqlite.parts)
    assert on_sqlite.stored(good).purged_at is not None
    assert [on_sqlite.stored(run).purged_at for run in bad] == [None, None]
    for run in bad:
        on_sqlite.swap(Execution, run, cleanup_due_at=utcnow())
    reconcile(on_sqlite.parts)
    assert all(on_sqlite.stored(run).purged_at for run in bad)


@pytest.mark.parametrize("at_once", [False, True])
def test_kept_inputs_stay_until_the_result_expires(
    new_app: NewApp, sqlite_url: str, redis_url: str, at_once: bool
) -> None:
    airlock = Airlock(new_app(database_url=sqlite_url, redis_url=redis_url, keep_inputs=True, cleanup_grace=0))
    run = done(airlock)
    reconcile(airlock.parts)
    assert len(airlock.inputs(run)) == 1
    expire(airlock, run)
    if at_once:  # while another cleanup is due
        move_run(airlock, run, cleanup_due_at=utcnow(), lease_expires_at=None)
    reconcile(airlock.parts)
    assert objects(airlock, run) == []
    assert airlock.stored(run).purged_at is not None


def test_a_chore_has_a_budget_of_time_and_leaves_the_rest_to_its_next_round(on_sqlite: Airlock) -> None:
    runs = [done(on_sqlite) for _ in range(3)]
    expire(on_sqlite, *runs)
    purging = next(chore for chore in CHORES if chore.name == "purged")
    assert tend(on_sqlite.parts, purging, seconds=0) == 0
    assert tend(on_sqlite.parts, purging) == 3


def test_two_cleaners_at_once_do_it_once(airlock: Airlock) -> None:
    run, asked = done(airlock), []
    expire(airlock, run)
    delete = airlock.parts.store.delete_prefix

    def delete_while_another_comes(prefix: str) -> None:
        asked.append(prefix)
        if len(asked) == 1:
            assert reconcile(airlock.parts)["purged"] == 0
        delete(prefix)

    patched: Any = mock.patch.object(airlock.parts.store, "delete_prefix", delete_while_another_comes)
    with patched:
        assert reconcile(airlock.parts)["purged"] == 1
    assert len(asked) == 1
