"""Rows that are overdue: made by moving their leases into the past, as the passing of time would."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from deployment.clock import utcnow
from deployment.models import Execution, ExecutionFile
from tests.airlock import HELLO, Airlock

TWO = [HELLO, ("second.txt", b"More.")]


def long_ago() -> datetime:
    return utcnow() - timedelta(minutes=1)


def move_file(airlock: Airlock, run: UUID, ordinal: int = 0, **values: Any) -> ExecutionFile:
    """Write to one file of a run, whose lease is over unless `values` say otherwise; return it as it is now."""
    airlock.swap(ExecutionFile, airlock.stored(run).files[ordinal].id, **{"lease_expires_at": long_ago(), **values})
    return airlock.stored(run).files[ordinal]


def move_run(airlock: Airlock, run: UUID, **values: Any) -> None:
    """Write to a run, whose lease is over unless `values` say otherwise."""
    airlock.swap(Execution, run, **{"lease_expires_at": long_ago(), **values})


def lose_worker(airlock: Airlock, run: UUID, ordinal: int = 0, **values: Any) -> ExecutionFile:
    """A worker has claimed the file and was not heard of since."""
    move_run(airlock, run, status="EXECUTING", lease_expires_at=utcnow() + timedelta(hours=1))
    return move_file(airlock, run, ordinal, **{"status": "EXECUTING", "attempt": 1, "worker": "dead", **values})


def pend(airlock: Airlock, run: UUID) -> None:
    """As if the request had died before the seal."""
    airlock.parts.dispatcher.cancel([])
    move_run(airlock, run, status="PENDING", sealed_at=None)
    for ordinal in range(len(airlock.stored(run).files)):
        move_file(airlock, run, ordinal, status="WAITING", dispatch=0, lease_expires_at=utcnow() + timedelta(hours=1))
