"""What is overdue: the reconciler's only questions, each answered from a partial index of the rows it is about."""

from __future__ import annotations

import sqlalchemy as sa

from deployment.clock import utcnow
from deployment.models import LIVE, Execution, ExecutionFile, FileStatus, is_one_of
from deployment.policy import Policy

BATCH = 200
IN_FLIGHT = (FileStatus.QUEUED, FileStatus.EXECUTING)

Only = tuple[sa.ColumnElement[bool], ...]


def anything_overdue(policy: Policy, only: Only = ()) -> sa.Select[bool]:
    """Whether there is anything to do: the one question of a pass that finds nothing, which most do."""
    questions = (overdue_executions(policy, only), overdue_files(policy, only))
    return sa.select(sa.or_(*(question.order_by(None).limit(None).exists() for question in questions)))


def overdue_executions(policy: Policy, only: Only = ()) -> sa.Select[Execution]:
    """Live runs whose lease is over, longest first; `only` narrows it to some of them."""
    late = Execution.lease_expires_at <= utcnow() - policy.clock_skew
    runs = sa.select(Execution).where(is_one_of(Execution.status, LIVE), late, *only)
    return runs.order_by(Execution.lease_expires_at).limit(BATCH)


def overdue_files(policy: Policy, only: Only = ()) -> sa.Select[ExecutionFile]:
    """Files in flight whose lease is over, longest first."""
    late = ExecutionFile.lease_expires_at <= utcnow() - policy.clock_skew
    files = sa.select(ExecutionFile).where(is_one_of(ExecutionFile.status, IN_FLIGHT), late)
    if only:
        files = files.join(Execution, Execution.id == ExecutionFile.execution_id).where(*only)
    return files.order_by(ExecutionFile.lease_expires_at).limit(BATCH)
