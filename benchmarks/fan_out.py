"""What many files cost: 32 on two workers beside one worker and beside a bare pool; and one file beside a run of 32."""

from __future__ import annotations

import time
import timeit
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import httpx

from benchmarks.busy import work
from benchmarks.installed import Installed, installed
from benchmarks.row import Row
from deployment.deployments import deploy

FILES = 32
TWO_TO_ONE, TO_BARE, BESIDE_MANY = 0.6, 1.15, 3.0
"""The most that the time of 32 files on two workers may be of that on one, and of a bare pool of two; and the most that
a run of one file may take beside 32, of what it takes alone."""


def rows(quick: bool) -> Iterator[Row]:
    """Files that need about a second of a processor each, whatever the processor: beside it, a file costs 45 ms."""
    rounds = _rounds_in(0.05 if quick else 1)
    with installed(workers=1, workflows=("benchmarks.held", "benchmarks.busy")) as place:
        one_worker = _Caller(place).seconds(FILES, rounds)
    with installed(workers=2, workflows=("benchmarks.held", "benchmarks.busy")) as place:
        caller = _Caller(place)
        alone = min(caller.seconds(1, rounds) for _ in range(3))
        two_workers = caller.seconds(FILES, rounds)
        beside = caller.beside_many(rounds)
    bare = _bare_pool(rounds)
    many = f"{FILES} files on two workers"
    yield Row(many, two_workers, "one worker", one_worker, "s", TWO_TO_ONE)
    yield Row(many, two_workers, "a bare pool of two processes", bare, "s", TO_BARE)
    yield Row(f"one file beside a run of {FILES}", beside, "alone", alone, "s", BESIDE_MANY)


def _rounds_in(seconds: float) -> int:
    sample = 200_000
    took = min(timeit.repeat(lambda: work(sample), number=1, repeat=3))
    return int(sample * seconds / took)


class _Caller:
    def __init__(self, place: Installed) -> None:
        with place.parts.database.writing() as session:
            made = deploy(session, "acme", "busy", place.parts.workflows.get("busy"), {})
        self._headers = {"Authorization": f"Bearer {made.new_key}"}
        self._url = f"{place.base}/deployment/api/acme/busy/"

    def seconds(self, files: int, rounds: int) -> float:
        """From the request to its reply with all results."""
        began = time.perf_counter()
        self._post(files, rounds, wait=300)
        return time.perf_counter() - began

    def beside_many(self, rounds: int) -> float:
        """One file's time while a run of many is being worked on."""
        status = self._post(FILES, rounds, wait=0)["status_api"]
        taken = min(self.seconds(1, rounds) for _ in range(3))
        url = str(httpx.URL(self._url).join(status))
        while httpx.get(url, headers=self._headers).json()["status"] in ("PENDING", "EXECUTING"):
            time.sleep(0.1)
        return taken

    def _post(self, files: int, rounds: int, wait: int) -> dict[str, str]:
        parts = [("files", (f"{number}.txt", str(rounds))) for number in range(files)]
        reply = httpx.post(self._url, files=parts, data={"timeout": wait}, headers=self._headers, timeout=310)
        message: dict[str, str] = reply.raise_for_status().json()["message"]
        if wait and message["execution_status"] != "COMPLETED":
            raise SystemExit(f"the run did not end in time: {message}")
        return message


def _bare_pool(rounds: int) -> float:
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(work, [1, 1]))
        began = time.perf_counter()
        list(pool.map(work, [rounds] * FILES))
        return time.perf_counter() - began
