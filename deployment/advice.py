"""What a person does about a failure: the step at which it happened, and advice for the reasons that are known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from deployment.models import Execution, ExecutionStatus

STAGING = "while its files were put into the storage, before the dispatch"
DISPATCH = "while it was handed to the workers"
WAITING = "while it waited for a worker"
WORK = "while workers were at its files"

KNOWN = (
    ("abandoned_before_dispatch", "The process that accepted it was killed or restarted. Send the request again."),
    (
        "deadline_exceeded",
        "It took longer than its deadline, queueing included. Are there enough workers? See the oldest waiting one on "
        "the overview; raise WORKERS, or EXECUTION_DEADLINE.",
    ),
    (
        "worker_lost.*SIGKILL|memory",
        "Something killed its worker, or it used up its memory. Look at the memory of the machine, and at the "
        "workflow's memory_limit.",
    ),
    ("worker_lost", "Its workers died again and again. Look at the worker's lines at the time of the last attempt."),
    (
        "time_limit_exceeded",
        "The workflow needs longer for it than its time_limit: raise that, or split the document.",
    ),
    (
        "AccessDenied|denies access",
        "The storage refuses these credentials: grant s3:PutObject, GetObject, ListBucket and DeleteObject. "
        "`flask doctor` says which one is missing.",
    ),
    ("BucketMissing", "Make the bucket, or correct STORAGE_URL."),
    ("StorageFull", "The storage is full: make room, then run it again."),
    ("NotS3|NoTls", "STORAGE_URL leads to something that is no storage to be trusted: correct it, see `flask doctor`."),
    (
        "Unavailable|storage_failed",
        "The storage did not answer. Once it does (see Health), have it run, or sent, again.",
    ),
    ("encrypted|password", "The document is protected. Ask for one without a password."),
    ("; [a-z0-9-]+ takes ", "The deployment's workflow does not take documents of this type: choose another workflow."),
)
"""By a pattern in the reason, the first that fits."""
BEFORE_WORK = (
    ("FetchFailed", "A file could not be fetched from its URL. Has that expired? Ask the caller for a new one."),
    (
        "RedisError|ConnectionError|TimeoutError",
        "The queue did not answer. Once it does (see Health), have it sent again.",
    ),
    ("OperationalError|InterfaceError", "The database did not answer. Once it does (see Health), have it sent again."),
)
"""The same for runs that no worker has had: a workflow may raise such errors of its own."""


@dataclass(frozen=True)
class Explanation:
    """`step` is when it happened; `advice` is empty where nothing is known."""

    step: str
    advice: str


def explain(execution: Execution) -> Explanation | None:
    """Of a run that has failed; None for all others."""
    if execution.status != ExecutionStatus.ERROR:
        return None
    known = KNOWN if execution.started_at else (*KNOWN, *BEFORE_WORK)
    return Explanation(_step(execution), _advice(execution.error or "", known))


def advice_for(reason: str) -> str:
    """What to do about the reason of a file that a worker has had."""
    return _advice(reason, KNOWN)


def _advice(reason: str, known: Sequence[tuple[str, str]]) -> str:
    return next((advice for pattern, advice in known if re.search(pattern, reason)), "")


def _step(execution: Execution) -> str:
    if execution.sealed_at is None:
        return STAGING
    if (execution.ended_by or "").startswith("guard:"):
        return DISPATCH
    return WORK if execution.started_at else WAITING
