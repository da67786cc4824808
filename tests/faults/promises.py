"""The promises, checked from outside over everything that an installation has: rows, queue, objects, HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa

from deployment.kept_inputs import keeps_inputs
from deployment.models import Delivery, Execution, FileStatus, WebhookEndpoint
from storage import names
from tests.airlock import Airlock


def broken_promises(airlock: Airlock, rows: list[Execution]) -> list[str]:
    """A sentence for each promise that `rows` break, now that nothing is under way."""
    runs = [airlock.run(row.id) for row in rows]
    stored = {key for run in runs for key in airlock.parts.store.keys(names.execution(run.id))}
    return [
        *(sentence for run in runs for sentence in _broken(airlock, run)),
        *_doubled_results(stored),
        *_leaks(airlock, runs, stored),
    ]


def _broken(airlock: Airlock, run: Execution) -> Iterator[str]:
    if run.live:
        yield f"not stuck: {run.id} is {run.status} since {run.created_at}"
        return
    log = airlock.log(run.id)
    ends = [line for line in log if line.startswith("Ended as")]
    if len(ends) != 1:
        yield f"no lie: {run.id} has ended {len(ends)} times: {ends}"
    if run.status == "ERROR" and run.sealed_at is None and run.started_at is not None:
        yield f"no lie: {run.id} failed before its dispatch, and was executed"
    yield from _files(run)
    yield from _told(airlock, run)
    yield from _doubles(airlock, run, log)


def _files(run: Execution) -> Iterator[str]:
    statuses = [file.status for file in run.files]
    if len(statuses) != run.total_files or run.open_files != 0:
        yield f"no lie: {run.id} has {run.total_files} files, of which {run.open_files} are open, and {statuses}"
    if any(status in ("WAITING", "QUEUED", "EXECUTING") for status in statuses):
        yield f"not stuck: {run.id} has ended, and its files are {statuses}"
    if run.status != "STOPPED" and (run.status == "COMPLETED") != (FileStatus.SUCCESS in statuses):
        yield f"no lie: {run.id} is {run.status}, and its files are {statuses}"


def _told(airlock: Airlock, run: Execution) -> Iterator[str]:
    reply = airlock.get(run.id)
    told = reply.get_json()
    code = 200 if run.status == "COMPLETED" else 422
    if (reply.status_code, told["status"]) != (code, run.status):
        yield f"no lie: {run.id} is {run.status}, and GET tells {reply.status_code} {told['status']}"
    if run.status == "COMPLETED":
        missing = [item["file"] for item in told["message"] if item["status"] == "Success" and not item["result"]]
        if missing:
            yield f"no loss: {run.id} is COMPLETED without the results of {missing}"
    elif not told.get("error"):
        yield f"no lie: {run.id} is {run.status} without a reason"


def _doubles(airlock: Airlock, run: Execution, log: list[str]) -> Iterator[str]:
    successes = sum(line.startswith("Succeeded") for line in log)
    succeeded = sum(file.status == FileStatus.SUCCESS for file in run.files)
    if successes != succeeded:
        yield f"no double: {run.id} has {succeeded} files that succeeded, and {successes} successes in its log"
    with airlock.parts.database.reading() as session:
        mine = sa.select(sa.func.count()).select_from(Delivery).where(Delivery.execution_id == run.id)
        deliveries = session.scalar(mine)
        endpoints = session.scalars(
            sa.select(WebhookEndpoint.url).where(WebhookEndpoint.deployment_id == run.deployment_id)
        ).all()
    if deliveries != len(endpoints):
        yield f"no double: {run.id} has {deliveries} deliveries to {endpoints}"


def _doubled_results(stored: set[str]) -> Iterator[str]:
    """A key ends in file, attempt and name: see `storage.names`."""
    results = Counter(key.rsplit("/", 2)[0] for key in stored if key.endswith("/result.json"))
    yield from (f"no double: {file} has {count} results" for file, count in results.items() if count > 1)


def _leaks(airlock: Airlock, runs: list[Execution], stored: set[str]) -> Iterator[str]:
    results = {
        names.result_key(run.id, file.id, file.attempt)
        for run in runs
        for file in run.files
        if file.status == FileStatus.SUCCESS and run.purged_at is None
    }
    kept = {
        names.input_key(run.id, file.ordinal)
        for run in runs
        for file in run.files
        if keeps_inputs(run) and run.purged_at is None
    }
    if stored != (promised := results | kept):
        yield f"no leak: stored beside results {sorted(stored - promised)}, missing {sorted(promised - stored)}"
    if due := [run.id for run in runs if run.cleanup_due_at is not None]:
        yield f"no leak: the cleanup of {due} is still due"
    if tickets := airlock.tickets():
        yield f"no leak: the queue still has {tickets}"
