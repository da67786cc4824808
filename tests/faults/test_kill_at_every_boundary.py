"""A process is killed at each of its boundaries, before the call and after it; every promise holds afterwards.

Time is moved instead of waited for: a lease and a pass of the reconciler later, everything has ended.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from freezegun import freeze_time

from deployment.clock import utcnow
from deployment.models import Execution
from deployment.reconcile import reconcile
from deployment.reruns import Which, rerun
from tests.airlock import Airlock
from tests.faults.boundaries import PHASES, Boundaries, Point, in_child
from tests.faults.promises import broken_promises

FILES = [("a.txt", b"one"), ("b.txt", b"two"), ("c.txt", b"three")]
pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]
PASSES = 12
"""More than enough: a kill costs a lease, each file of a run a claim, and cleanup its grace."""


class Killing:
    """Acts in a child that is killed at one of its boundaries, and lets the rest recover."""

    def __init__(self, airlock: Airlock) -> None:
        self.airlock = airlock

    def everywhere(self, act: Callable[[], object], depth: int = 0) -> Iterator[Point]:
        """Kill at each boundary in turn, first before and then after the call, until a child gets through unharmed.

        `depth` says which process: 0 is the child, 1 its fork. What is done but once is done before.
        """
        for phase in PHASES:
            for number in itertools.count(1):
                point = Point(depth, number, phase)
                boundaries = Boundaries(kill_at=point)
                self._act(act, boundaries)
                self.recover()
                yield point
                if not boundaries.killed:
                    break

    def recover(self) -> None:
        """Time passes, reconcilers go round and workers work, until nothing is under way."""
        policy = self.airlock.parts.policy
        with freeze_time(utcnow(), tick=True) as clock:
            for _ in range(PASSES):
                if self._settled():
                    return
                clock.tick(policy.lease + policy.clock_skew + policy.reconcile_interval)
                reconcile(self.airlock.parts)
                if self.airlock.tickets():
                    self.airlock.work()

    def _act(self, act: Callable[[], object], boundaries: Boundaries) -> int:
        def prepare() -> None:
            self.airlock.parts.forget_connections()
            boundaries.arm(type(self.airlock.parts.store))

        return in_child(act, prepare)

    def _settled(self) -> bool:
        return all(not run.live and run.cleanup_due_at is None for run in self.airlock.rows())


@pytest.fixture
def killing(airlock: Airlock) -> Killing:
    return Killing(airlock)


@pytest.mark.parametrize("count", [1, 3])
def test_a3_a_request_that_is_killed_anywhere(killing: Killing, count: int) -> None:
    airlock = killing.airlock

    def post() -> None:
        assert airlock.post(FILES[:count]).status_code == 200

    post()
    killing.recover()
    points = []
    for point in killing.everywhere(post):
        points.append(point)
        assert broken_promises(airlock, airlock.rows()[-1:]) == [], point
    assert len(points) >= {1: 40, 3: 48}[count], "each statement of PostgreSQL and each call, before and after"
    assert broken_promises(airlock, airlock.rows()) == []
    _says_how_they_ended(airlock.rows())


def test_a3_a_rerun_that_is_killed_anywhere(app: Flask) -> None:
    """The first run keeps its inputs and its result, and the new one ends as one whose request was killed."""
    airlock = Airlock(app, keep_inputs=True)
    killing, first = Killing(airlock), airlock.accept(FILES)
    killing.recover()

    def rerun_first() -> None:
        rerun(airlock.parts, airlock.run(first), Which.ALL)

    points = []
    for point in killing.everywhere(rerun_first):
        points.append(point)
        assert broken_promises(airlock, [airlock.run(first), *airlock.rows()[-1:]]) == [], point
    assert len(points) > 40
    _says_how_they_ended(airlock.rows())


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("process", ["worker", "work-horse"])
def test_b1_a_worker_or_a_work_horse_that_is_killed_anywhere(killing: Killing, count: int, process: str) -> None:
    airlock = killing.airlock
    airlock.accept(FILES[:count])
    killing.recover()
    accepted = airlock.accept(FILES[:count])
    points = []
    for point in killing.everywhere(airlock.work, depth=int(process == "work-horse")):
        points.append(point)
        run = airlock.run(accepted)
        assert (run.status, [file.status for file in run.files]) == ("COMPLETED", ["SUCCESS"] * count), point
        assert broken_promises(airlock, [run]) == [], point
        accepted = airlock.accept(FILES[:count])
    assert len(points) > 20
    killing.recover()
    assert broken_promises(airlock, airlock.rows()) == []


def test_b1_a_work_horse_that_is_killed_anywhere_while_its_workflow_asks_for_another_try(
    new_app: Callable[..., Flask], database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """The file is held, or waits for a time that its row knows, and nothing in between."""
    app = new_app(database_url=database_url, redis_url=redis_url, workflows="tests.jobs.acting")
    airlock, numbers = Airlock(app, "act"), itertools.count()
    killing = Killing(airlock)

    def accept() -> UUID:
        said = {"do": "be busy twice", "at": str(tmp_path / f"note-{next(numbers)}")}
        return airlock.accept([("act.txt", json.dumps(said).encode())])

    accepted, points = accept(), []
    for point in killing.everywhere(airlock.work, depth=1):
        points.append(point)
        run = airlock.run(accepted)
        assert (run.status, run.files[0].status) == ("COMPLETED", "SUCCESS"), (point, run.error, airlock.log(run.id))
        assert broken_promises(airlock, [run]) == [], point
        accepted = accept()
    assert len(points) > 20


def _says_how_they_ended(runs: list[Execution]) -> None:
    """Killed before the seal: abandoned. Killed after it: completed. Both have happened, and nothing else."""
    for run in runs:
        abandoned = run.status == "ERROR" and (run.error or "").startswith("abandoned_before_dispatch")
        assert abandoned if run.sealed_at is None else run.status == "COMPLETED", (run.status, run.error)
    assert {run.status for run in runs} == {"ERROR", "COMPLETED"}
