"""What a thousand waiting callers cost: the others, whose requests are answered meanwhile, and themselves at the end.

The commit that ends a run lies between the instant in its row, taken before it, and its wake-up. That is sent at once,
over a connection that the work-horse has yet to open; so what this takes is measured, and added to the time from the
wake-up.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median, quantiles

import httpx
import sqlalchemy as sa
from redis import Redis
from redis.client import PubSub

from benchmarks.heard import heard_wakeups
from benchmarks.installed import Installed, installed
from benchmarks.row import Row
from benchmarks.waiting_callers import Callers, Told
from deployment.models import Execution

PROMISED = 20.0
"""Milliseconds from the commit that ends a run to the reply of who waits for it, as the median."""
PAUSE_SECONDS = 0.05
"""Between the ends of two runs, so that none waits for another one's worker."""
WORKERS, PROCESSES = 2, 2
WARM = 5
"""Requests of each kind before those that are measured."""
OPENED = "opened"
"""The gate of the runs that nobody waits for: shut at first, so that the workers hold two of them, then open."""
Milliseconds = list[float]


@dataclass(frozen=True)
class Effort:
    """So many callers wait, so many requests of each kind are measured, and the ends of so many runs."""

    callers: int
    requests: int
    ends: int


@dataclass(frozen=True)
class Others:
    """What requests take that do not wait."""

    status: Milliseconds
    post: Milliseconds


@dataclass(frozen=True)
class Ends:
    """From the end in the row, and from the wake-up as another process hears it, to the reply."""

    from_row: Milliseconds
    from_wakeup: Milliseconds


def rows(quick: bool) -> Iterator[Row]:
    """Nobody works on anything else: each worker holds a document, and all other runs are queued."""
    effort = Effort(4, 3, 2) if quick else Effort(1000, 60, 60)
    threads = 32 if quick else 1000
    slots = effort.callers + 2 * (1 + WARM + effort.requests)
    rooms = {"org_concurrency": slots, "global_concurrency": slots, "web_threads": threads}
    with installed(workers=WORKERS, web_concurrency=PROCESSES, **rooms) as place:
        yield from asyncio.run(_measured(place, effort))


async def _measured(place: Installed, effort: Effort) -> list[Row]:
    floor, opening = _round_trips(place.redis_url, effort.requests), _openings(place.redis_url, effort.requests)
    idle = await asyncio.to_thread(_others, place, effort.requests)
    place.open(OPENED)
    await asyncio.to_thread(_await_idle, place)
    callers, before = Callers(place.url, place.key, place.gates), place.accepted()
    await callers.come(effort.callers, lambda: place.accepted() - before)
    busy = await asyncio.to_thread(_others, place, effort.requests)
    if callers.answered:
        raise SystemExit(f"{callers.answered} of {effort.callers} callers were told before the end of their run")
    ends = await _ends(place, callers, effort.ends)
    callers.hang_up()
    return [*_rows_of_others(effort, idle, busy), *_rows_of_ends(effort, ends, floor, opening)]


async def _ends(place: Installed, callers: Callers, number: int) -> Ends:
    """The ends of runs one after the other, while the rest wait on."""
    told: list[Told] = []
    with heard_wakeups(place.redis_url) as heard:
        while len(told) < number:
            await asyncio.sleep(PAUSE_SECONDS)
            for gate in place.held()[:1]:
                place.open(gate)
                told.append(await callers.told(int(gate)))
    if any(each.status != "COMPLETED" for each in told):
        raise SystemExit("a caller was told of no result")
    return Ends(
        [(each.at - _ended(place, each)) * 1000 for each in told],
        [(each.at - heard[each.execution_id]) * 1000 for each in told if each.execution_id in heard],
    )


def _ended(place: Installed, told: Told) -> float:
    with place.parts.database.reading() as session:
        return session.get_one(Execution, told.execution_id).ended_at.timestamp()  # type: ignore[union-attr]


def _others(place: Installed, number: int) -> Others:
    """Requests on connections of their own, one after the other."""
    unused = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(headers={"Authorization": f"Bearer {place.key}"}, limits=unused, timeout=60) as client:
        path = client.build_request("POST", place.url).url.join(_post(client, place))
        status = [_timed(lambda: client.get(path)) for _ in range(WARM + number)]
        post = [_timed(lambda: _post(client, place)) for _ in range(WARM + number)]
    return Others(status[WARM:], post[WARM:])


def _post(client: httpx.Client, place: Installed) -> str:
    """Submit a small file, and wait for nothing; where to ask how it stands."""
    data = {"custom_data": json.dumps({"gate": str(place.gates / OPENED)})}
    reply = client.post(place.url, data=data, files={"files": ("a.txt", b"Hello, world.")})
    path: str = reply.raise_for_status().json()["message"]["status_api"]
    return path


def _timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def _await_idle(place: Installed) -> None:
    live = sa.select(sa.func.count()).select_from(Execution).where(Execution.ended_at.is_(None))
    while True:
        with place.parts.database.reading() as session:
            if not session.scalar(live):
                return
        time.sleep(0.1)


def _round_trips(redis_url: str, number: int) -> Milliseconds:
    """From a PUBLISH to its subscriber, who does nothing else."""
    with Redis.from_url(redis_url) as redis, redis.pubsub() as pubsub:
        pubsub.subscribe("bench")
        pubsub.get_message(timeout=5)
        return [_timed(lambda: _heard(redis, pubsub)) for _ in range(number)]


def _openings(redis_url: str, number: int) -> Milliseconds:
    """A PUBLISH over a connection of its own."""

    def publish() -> None:
        with Redis.from_url(redis_url) as redis:
            redis.publish("bench", "")

    return [_timed(publish) for _ in range(number)]


def _heard(redis: Redis, pubsub: PubSub) -> None:
    redis.publish("bench", "")
    while pubsub.get_message(timeout=5) is None:
        pass


def _rows_of_others(effort: Effort, idle: Others, busy: Others) -> Iterator[Row]:
    for name, measured, floor in (("GET status", busy.status, idle.status), ("POST", busy.post, idle.post)):
        for word, of in STATISTICS.items():
            what = f"{name} while {effort.callers:,} wait, {word}"
            yield Row(what, of(measured), "nobody waits", of(floor), "ms")


def _rows_of_ends(effort: Effort, ends: Ends, floor: Milliseconds, opening: Milliseconds) -> Iterator[Row]:
    from_commit = median(ends.from_wakeup) + median(opening)
    yield Row(f"commit to one of {effort.callers:,}, median", from_commit, "what is promised", PROMISED, "ms", 1.0)
    for word, of in STATISTICS.items():
        yield Row(f"from its wake-up, {word}", of(ends.from_wakeup), "a bare PUBLISH, heard", of(floor), "ms")
        yield Row(f"from the end in its row, {word}", of(ends.from_row), "a bare PUBLISH, heard", of(floor), "ms")


def _p95(measured: Milliseconds) -> float:
    return quantiles(measured, n=20)[-1]


STATISTICS: dict[str, Callable[[Milliseconds], float]] = {"median": median, "p95": _p95}
