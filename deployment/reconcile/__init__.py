"""The reconciler: what no `except` can catch. It derives everything from the rows, at each pass anew.

Level-triggered, without memory, safe in any number: the swaps of `lifecycle` decide who acts. A pass costs what
is overdue, not what is stored. What waits for storages and receivers is in `chores`, and delays no pass.
"""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
import structlog

from deployment.clock import utcnow
from deployment.instants import NOW
from deployment.models import Installation
from deployment.parts import Parts
from deployment.reconcile.batch import repair_batch
from deployment.reconcile.chores import CHORES, Chore, tend

log = structlog.get_logger()

_NOTE_THE_PASS = (
    sa.update(Installation)
    .where(
        sa.or_(
            Installation.reconciled_at.is_(None),
            Installation.reconciled_at < sa.bindparam("long_ago"),
            Installation.reconciled_at > NOW,
        )
    )
    .values(reconciled_at=NOW)
    .execution_options(synchronize_session=False)
)
ROUNDS = 50
"""Batches in one pass; what is left over is the next pass's."""

__all__ = ["CHORES", "Chore", "reconcile", "repair", "rescue", "tend"]


def reconcile(parts: Parts) -> Counter[str]:
    """All that is due, once: a pass and each chore. Returns how often it did what, by name."""
    done = rescue(parts)
    for chore in CHORES:
        done += Counter({chore.name: tend(parts, chore)})
    return done


def rescue(parts: Parts) -> Counter[str]:
    """One full pass over the rows. Returns how often it did what, by name; empty when nothing was overdue."""
    done = repair(parts)
    _note_the_pass(parts)
    parts.tallies.flush(parts.database)
    if done:
        log.info("reconciled", **done)
    return done


def repair(parts: Parts, *only: sa.ColumnElement[bool]) -> Counter[str]:
    """Every overdue row makes its next legal move; `only` narrows it to some executions (read-repair)."""
    done: Counter[str] = Counter()
    for _ in range(ROUNDS):
        acted, full = repair_batch(parts, only)
        done += acted
        if not (acted and full):
            break
    for action, times in done.items():
        parts.tallies.count("reconcile_actions", times, action=action)
    return done


def _note_the_pass(parts: Parts) -> None:
    """Of several reconcilers at once only one writes: each accept needs the lock of this row."""
    long_ago = utcnow() - parts.policy.reconcile_interval / 2
    with parts.database.writing() as session:
        session.execute(_NOTE_THE_PASS, {"long_ago": long_ago})
