"""The faults by id: what happens elsewhere, measured on peers with their defaults, and what must happen here.

A test shows a row by having its id in its name: `test_a1_…`. `make faults` runs all of them and writes the table.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One row. `elsewhere` is how others fail at it, `here` is what the tests of this id assert."""

    id: str
    fault: str
    elsewhere: str
    here: str


FAULTS = (
    Fault(
        "A1",
        "storage answers 403 while staging, and while cleaning up",
        "Unstract: a 500, the row PENDING and the files there for ever",
        "422 with ERROR and the reason; slot free at once; objects gone once the storage allows it",
    ),
    Fault(
        "A2",
        "storage hangs, resets, answers 503 at the n-th of several files",
        "minio SDK's defaults: minutes of silence",
        "ERROR within our timeouts; nothing left behind",
    ),
    Fault(
        "A3",
        "the web process is killed at any boundary between accept and reply",
        "Unstract: PENDING for ever, slot held for 6 h",
        "ERROR abandoned_before_dispatch, or executed if the seal was committed",
    ),
    Fault(
        "A4",
        "SystemExit, KeyboardInterrupt or a worker abort while staging",
        "Unstract: as A3",
        "marked, undone, raised again",
    ),
    Fault(
        "A5",
        "the database fails while ERROR is being marked",
        "Unstract: PENDING for ever",
        "undone at once; ERROR with the real reason when the database is back",
    ),
    Fault(
        "A6",
        "one undo step fails",
        "Unstract: the next ones are skipped",
        "the others run; the failed one is retried; the first error stays the error",
    ),
    Fault("A7", "the queue is down", "docling-serve: 500", "ERROR, undone"),
    Fault(
        "A8",
        "enqueued, but the reply is lost",
        "docling-serve: 500 and the job runs; Celery, RQ: two copies",
        "either the worker has it, once, or ERROR and no worker ever runs it",
    ),
    Fault(
        "A9",
        "a failure after the dispatch",
        "Unstract: deletes the inputs of the running job, tells ERROR",
        "nothing is touched; the run goes on and its result can be read",
    ),
    Fault(
        "A10",
        "the request's pool is exhausted, its row locked",
        "marking hangs or raises",
        "marked on a connection of its own, within its timeout",
    ),
    Fault(
        "A11",
        "the caller repeats the POST, since it has got no reply",
        "Unstract: 2914 rows from 2444 requests",
        "with an Idempotency-Key one execution, also when the web process was killed in between",
    ),
    Fault(
        "A12",
        "the caller disconnects in mid-upload",
        "partial objects",
        "no execution and no object",
    ),
    Fault(
        "A13",
        "the reason is empty, huge or holds a secret",
        "Unstract: null, cut at 256 characters, passwords in it",
        "never empty, whole, redacted",
    ),
    Fault(
        "B1",
        "the worker or its work-horse is killed at any boundary of a run",
        "docling-serve 98.6 s, RQ 807 s, then failed; Celery, DBOS, Procrastinate: nothing in 7 to 15 min",
        "runs again, once lease and interval are over; worker_lost when attempts are used up",
    ),
    Fault("B2", "the work-horse alone is killed", "RQ: failed, no retry", "runs again at once"),
    Fault(
        "B3",
        "a worker is suspended past its lease and comes back",
        "Oban, hexpm: run twice, the last writer wins",
        "its writes bounce; one result",
    ),
    Fault(
        "B4",
        "Redis is restarted and its data lost",
        "RQ, docling-serve: jobs gone, rows pending for ever",
        "queued again from the rows",
    ),
    Fault("B5", "Redis or the database is away for a while", "DBOS: PENDING for ever", "everything resumes"),
    Fault(
        "B6",
        "the result cannot be stored",
        "Unstract: COMPLETED without a result",
        "retried, else ERROR; never COMPLETED without its result",
    ),
    Fault(
        "B7",
        "SIGTERM to every process, again and again",
        "rq.Worker: job failed in 0.1 s",
        "ends, or is handed back and runs again at no cost of an attempt",
    ),
    Fault(
        "B8",
        "one of many files fails, kills its worker or is of a wrong type",
        "Unstract: files silently missing",
        "each file has its status and reason; counts add up; the others finish",
    ),
    Fault(
        "B9",
        "two finishers race for the last file",
        "double or missing callback",
        "the end is written once, its delivery is made once",
    ),
    Fault(
        "B10", "a stop is requested at any moment", "docling-serve: no end", "STOPPED; after the end nothing changes"
    ),
    Fault("B11", "the reply with the result is lost", "Unstract: the result is gone (406)", "read again"),
    Fault(
        "B12",
        "the webhook's receiver is down, slow, redirects to a private address",
        "Unstract: never tried again",
        "retried for a day, then shown as given up; every end is told",
    ),
    Fault(
        "C1",
        "a rescuer acts on a stale snapshot",
        "River, docling-serve, DBOS: overwrites a completion",
        "the swap names status, attempt and expired lease",
    ),
    Fault("C2", "a rescuer meets a transient error", "DBOS: forgets the row", "every pass derives all from the rows"),
    Fault(
        "C3",
        "rescue at start-up only, or of one's own host's rows only",
        "DBOS, Oban",
        "anyone rescues anything",
    ),
    Fault(
        "C4",
        "the record of the worker was pruned first",
        "Procrastinate: never rescued",
        "the lease is on the row itself",
    ),
    Fault(
        "C5",
        "the rescuer is a job in the queue it watches",
        "Procrastinate: stuck",
        "a loop of its own, whose age is on /readyz",
    ),
    Fault(
        "C6",
        "rescue by age",
        "Oban, Celery: live work runs twice",
        "a renewed lease is never rescued",
    ),
    Fault("C7", "a lease that is NULL", "Airflow: never rescued", "a CHECK forbids it"),
    Fault(
        "C8",
        "rows that always fail fill the first page",
        "River: the rest starves",
        "a row that fails moves into the future",
    ),
    Fault(
        "C9",
        "the status is healed, the resource leaks",
        "Airflow, Restate",
        "the slot is the live row; a cleanup is due until it is done",
    ),
    Fault("C10", "ten rescuers at once", "Airflow: they fight", "the same end state, each action once"),
    Fault(
        "C11",
        "alive by heartbeat, but deaf",
        "Hatchet",
        "the heartbeat comes from the process that waits on the work, and ends with it",
    ),
)
