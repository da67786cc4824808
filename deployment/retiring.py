"""Deleting a deployment: nobody finds it any more, its keys are useless, its runs stay until they expire."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.clock import utcnow
from deployment.models import LIVE, ApiKey, Deployment, Execution, audit, is_one_of


class StillRunning(Exception):
    """A deployment is not deleted while it has live executions."""

    def __init__(self, name: str, live: int) -> None:
        super().__init__(f"{name!r} has {live} live executions: deactivate it, then wait for their ends, or stop them.")


def delete_deployment(session: Session, deployment: Deployment, *, by: str) -> None:
    """Raises `StillRunning`. Its name is free from then on."""
    row = session.scalars(sa.select(Deployment).where(Deployment.id == deployment.id).with_for_update()).one()
    if live := live_runs(session, row):
        raise StillRunning(row.name, live)
    row.active, row.deleted_at = False, utcnow()
    session.execute(sa.update(ApiKey).where(ApiKey.deployment_id == row.id).values(active=False))
    audit(session, row.organization_id, by, "deployment.deleted", row.name)


def live_runs(session: Session, deployment: Deployment) -> int:
    """How many of its executions are live."""
    count = sa.select(sa.func.count()).select_from(Execution)
    return session.scalar(count.where(Execution.deployment_id == deployment.id, is_one_of(Execution.status, LIVE))) or 0
