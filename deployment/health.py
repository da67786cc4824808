"""Health: does each part answer, and when did the reconciler last go round? `doctor` goes further and uses them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from deployment.clock import utcnow
from deployment.models import Installation
from deployment.parts import Parts
from deployment.policy import Policy
from guards import reason_of
from storage import names


def readiness(parts: Parts) -> dict[str, Any]:
    """`status` is `ready` or `unavailable`; `parts` says `ok` or the reason for each.

    A reconciler that has not been round for long does not make this process unready: it is told as `late`,
    since a restart of the web processes would not help.
    """
    checks: dict[str, Callable[[Parts], None]] = {
        "database": _database,
        "queue": _queue,
        "storage": _storage,
    }
    answers = {name: _answer(parts, check) for name, check in checks.items()}
    ready = all(answer == "ok" for answer in answers.values())
    age = _age(parts) if answers["database"] == "ok" else None
    return {
        "status": "ready" if ready else "unavailable",
        "parts": answers,
        "reconciler": {"age_seconds": age, "late": late(age, parts.policy)},
    }


def reconcile_age(parts: Parts) -> float | None:
    """Seconds since the last full pass of any reconciler; None if there was none yet."""
    with parts.database.reading() as session:
        last = session.scalar(sa.select(Installation.reconciled_at))
    return round((utcnow() - last).total_seconds(), 1) if last else None


def late(age: float | None, policy: Policy) -> bool:
    """Whether a reconciler of that age, as of `reconcile_age`, should have been round by now."""
    patience = policy.reconcile_interval * 3 + policy.clock_skew
    return age is None or age > patience.total_seconds()


def _age(parts: Parts) -> float | None:
    """As `reconcile_age`; None, too, if the database has gone since it answered."""
    try:
        return reconcile_age(parts)
    except SQLAlchemyError:
        return None


def _answer(parts: Parts, check: Callable[[Parts], None]) -> str:
    try:
        check(parts)
    except Exception as error:
        return reason_of(error)
    return "ok"


def _database(parts: Parts) -> None:
    with parts.database.reading() as session:
        session.execute(sa.select(Installation.id)).one()


def _queue(parts: Parts) -> None:
    parts.dispatcher.ping()


def _storage(parts: Parts) -> None:
    next(iter(parts.store.keys(names.PROBES)), None)
