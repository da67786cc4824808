"""The bars: how long until a process that was killed is missed, with the settings as they are by default.

Everything is killed within a second or two, so that the waits overlap. `make faults` prints the bars.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import pytest

from tests.airlock import make_tables
from tests.eventually import eventually
from tests.faults.ruins import RUNS, Kill, Ruins, ruins
from tests.servers.postgres import Postgres
from tests.servers.rclone import RcloneS3
from tests.servers.s3_proxy import S3Proxy
from tests.servers.valkey import Valkey

pytestmark = pytest.mark.proof
PATIENCE = 45
"""Seconds that are waited, to measure a bar that was missed, too."""


@dataclass(frozen=True)
class Aftermath:
    """`seconds` until each kill was noticed, by what was killed; `ruins` as they are by then."""

    ruins: Ruins
    seconds: dict[str, float]


@pytest.fixture(scope="module")
def aftermath(
    tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, valkey: Valkey, s3: RcloneS3
) -> Iterator[Aftermath]:
    valkey.flush()
    with ExitStack() as stack:
        storage = stack.enter_context(S3Proxy(stack.enter_context(s3.bucket())))
        database = stack.enter_context(postgres.database_with_tables(make_tables))
        place = tmp_path_factory.mktemp("bars")
        made = stack.enter_context(ruins(place, database, valkey.url, storage))
        kills = _kill_everything(made)
        yield Aftermath(made, {what: max(map(_measured, each)) for what, each in kills.items()})


def _kill_everything(made: Ruins) -> dict[str, list[Kill]]:
    made.begin()
    horse = made.kill_a_work_horse()
    web = made.kill_the_web_server()
    (_, (bereft, *_rest)), (supervisor, orphans) = made.supervisors().items()
    kills = {
        "work-horse": [horse],
        "web server": [web],
        "worker": [made.kill_a_worker(bereft)],
        "supervisor": made.kill_a_supervisor(supervisor, *orphans),
    }
    for name in RUNS:
        made.go(name)
    return kills


def _measured(kill: Kill) -> float:
    with suppress(AssertionError):
        eventually(kill.noticed_at, within=PATIENCE)
    return kill.seconds()


@pytest.fixture
def bar(aftermath: Aftermath, record_property: Callable[[str, object], None]) -> Callable[[str, str, float], bool]:
    """Whether the kill was noticed within so many seconds; told to who runs the faults, in words."""

    def noticed(victim: str, words: str, within: float) -> bool:
        seconds = aftermath.seconds[victim]
        record_property("bar", (words, within, seconds))
        return seconds <= within

    return noticed


Bar = Callable[[str, str, float], bool]


def test_a3_a_run_whose_web_server_is_killed_while_it_stages_is_abandoned_within_30_seconds(
    bar: Bar, aftermath: Aftermath
) -> None:
    assert bar("web server", "web server killed while it stages, the storage hangs: the run is ERROR", 30)
    run = aftermath.ruins.abandoned()
    assert (run.status, (run.error or "").partition(":")[0]) == ("ERROR", "abandoned_before_dispatch")


def test_b1_a_run_whose_worker_is_killed_is_running_again_within_30_seconds(bar: Bar) -> None:
    assert bar("worker", "worker and its work-horse killed, its supervisor lives: the run is running again", 30)


def test_b1_a_run_whose_supervisor_is_killed_is_running_again_elsewhere_within_30_seconds(bar: Bar) -> None:
    assert bar("supervisor", "supervisor, workers and reconciler killed: the run is running again elsewhere", 30)


def test_b2_a_killed_work_horse_is_noticed_within_a_second(bar: Bar) -> None:
    assert bar("work-horse", "work-horse killed: noticed, and its file queued again", 1)


def test_b1_and_all_of_these_runs_are_completed(aftermath: Aftermath) -> None:
    made = aftermath.ruins
    eventually(lambda: {made.stored(run).status for run in made.ids.values()} == {"COMPLETED"}, within=20)
