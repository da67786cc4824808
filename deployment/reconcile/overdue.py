"""What is overdue: the reconciler's only questions, each answered from a partial index of the rows it is about."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import sqlalchemy as sa

from deployment.clock import utcnow
from deployment.instants import UtcDateTime
from deployment.models import LIVE, Execution, ExecutionFile, FileStatus, is_one_of
from deployment.policy import Policy

BATCH = 200
IN_FLIGHT = (FileStatus.QUEUED, FileStatus.EXECUTING)

Only = tuple[sa.ColumnElement[bool], ...]


def anything_overdue(policy: Policy, only: Only = ()) -> sa.Select[bool]:
    """Whether there is anything to do: the one question of a pass that finds nothing, which most do."""
    return _anything(policy, only) if only else _anything_at_all(policy)


@cache
def _anything_at_all(policy: Policy) -> sa.Select[bool]:
    return _anything(policy, ())


def _anything(policy: Policy, only: Only) -> sa.Select[bool]:
    questions = (overdue_executions(policy, only), overdue_files(policy, only))
    return sa.select(sa.or_(*(question.order_by(None).limit(None).exists() for question in questions)))


def overdue_executions(policy: Policy, only: Only = ()) -> sa.Select[Execution]:
    """Live runs whose lease is over, longest first; `only` narrows it to some of them."""
    late = Execution.lease_expires_at <= _late(policy)
    runs = sa.select(Execution).where(is_one_of(Execution.status, LIVE), late, *only)
    return runs.order_by(Execution.lease_expires_at).limit(BATCH)


def overdue_files(policy: Policy, only: Only = ()) -> sa.Select[ExecutionFile]:
    """Files in flight whose lease is over, longest first."""
    late = ExecutionFile.lease_expires_at <= _late(policy)
    files = sa.select(ExecutionFile).where(is_one_of(ExecutionFile.status, IN_FLIGHT), late)
    if only:
        files = files.join(Execution, Execution.id == ExecutionFile.execution_id).where(*only)
    return files.order_by(ExecutionFile.lease_expires_at).limit(BATCH)


@cache
def _late(policy: Policy) -> sa.BindParameter[datetime]:
    """Leases until then are over, by every clock; as of the moment when the question is asked."""
    return sa.bindparam("late", callable_=lambda: utcnow() - policy.clock_skew, type_=UtcDateTime())
