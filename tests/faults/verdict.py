"""The verdict on a soak: what its clients and its receiver were told, held against the rows, beside the promises."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from uuid import UUID

from deployment.models import Execution
from tests.airlock import Airlock
from tests.faults.promises import broken_promises
from tests.faults.tally import Tally
from tests.servers.receiver import Received

PROMISES = {
    "not stuck": "stuck",
    "no lie": "lies",
    "no leak": "leaks",
    "no loss": "losses",
    "no double": "doubles",
    "limits": "limits exceeded",
}
"""How each sentence about a broken promise begins, and what is counted by it."""


def verdict(airlock: Airlock, tally: Tally, received: list[Received], limit: int) -> list[str]:
    """A sentence for each promise that was broken."""
    runs = {run.id: run for run in airlock.rows()}
    return [
        *broken_promises(airlock, list(runs.values())),
        *_losses(airlock, tally, runs),
        *_lies(tally, runs),
        *_deliveries(received, runs),
        *(
            [f"limits: {tally.most_live} runs were live at once, {limit} are allowed"]
            if tally.most_live > limit
            else ()
        ),
    ]


def left_in_doubt(tally: Tally, rows: list[Execution]) -> list[UUID]:
    """Accepted runs that turned out not to be sealed: the database was lost with the answer to the seal.

    Their callers were told PENDING, since nobody knew, and then ERROR with the reason.
    """
    return [run.id for run in rows if run.id in tally.accepted and _in_doubt(run)]


def counted(broken: list[str]) -> str:
    """The six promises in a line."""
    counts = Counter(sentence.partition(":")[0] for sentence in broken)
    return ", ".join(f"{counts[promise]} {word}" for promise, word in PROMISES.items())


def _losses(airlock: Airlock, tally: Tally, runs: dict[UUID, Execution]) -> Iterator[str]:
    """What was accepted is there, was executed unless it was stopped, and has the results of its own files."""
    for run_id, text in tally.accepted.items():
        run = runs.get(run_id)
        if run is None:
            yield f"no loss: {run_id} was accepted, and there is no row"
        elif run.started_at is None and run.status != "STOPPED" and not _in_doubt(run):
            yield f"no loss: {run_id} was accepted, and never executed: {run.status} {run.error}"
        elif run.status == "COMPLETED" and text not in airlock.get(run_id).get_data(as_text=True):
            yield f"no lie: {run_id} has another run's result"


def _in_doubt(run: Execution) -> bool:
    return run.sealed_at is None and run.status == "ERROR" and run.ended_by == "reconciler"


def _lies(tally: Tally, runs: dict[UUID, Execution]) -> Iterator[str]:
    """Who was told an end was told the only one that there is."""
    for run_id, statuses in tally.told.items():
        run = runs.get(run_id)
        if run is None or statuses != {run.status}:
            yield f"no lie: {run_id} was told to be {sorted(statuses)}, and is {run.status if run else 'not there'}"


def _deliveries(received: list[Received], runs: dict[UUID, Execution]) -> Iterator[str]:
    """At least once, under one id, and always the same end."""
    told = defaultdict(set)
    for request in received:
        data = json.loads(request.body)["data"]
        told[UUID(data["execution_id"])].add((request.headers["webhook-id"], data["execution_status"]))
    for run in runs.values():
        if not told[run.id]:
            yield f"no loss: the webhook was never told of {run.id}, which is {run.status}"
        if len(told[run.id]) > 1:
            yield f"no double: the webhook was told of {run.id} as {sorted(told[run.id])}"
        if any(status != run.status for _, status in told[run.id]):
            yield f"no lie: {run.id} is {run.status}, and the webhook was told {sorted(told[run.id])}"
