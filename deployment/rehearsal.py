"""Compiling a work-horse's statements before the fork: it lives for one file, and what it compiles is lost with it."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import datetime
from uuid import uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from deployment import cleanup, lifecycle
from deployment.causes import cause_of
from deployment.clock import utcnow
from deployment.database import Database
from deployment.dispatch import Ticket
from deployment.models import Deployment, Execution, ExecutionFile, Organization
from deployment.policy import Policy
from deployment.tallies import add_counts

log = structlog.get_logger()
FILES = 2
"""One whose end queues the next one, and one whose end is the run's."""
WORKER = "rehearsal"


class _Rehearsed(Exception):
    """Everything has been said, nothing is to be kept."""


def compile_statements(database: Database, policy: Policy) -> None:
    """Take a run that nobody has asked for through its whole life, in one transaction that is rolled back.

    SQLAlchemy keeps what it compiles with the engine, so children of a fork inherit it: half of what a short file
    costs beside its work (measured). A database that is away, or has no tables yet, only makes the first files slower.
    """
    try:
        with suppress(_Rehearsed), database.writing() as session:
            _rehearse(session, policy)
            raise _Rehearsed
    except SQLAlchemyError as error:
        log.warning("statements_not_compiled", error=cause_of(error))
    finally:
        database.dispose()


def _rehearse(session: Session, policy: Policy) -> None:
    run = _accepted(session, policy)
    lifecycle.seal(session, run.id, run.guard_token, policy)
    for ticket in [Ticket(run.id, file.id, attempt=1, dispatch=1) for file in run.files]:
        session.expunge_all()  # each transaction begins with nothing in memory
        lifecycle.claim(session, ticket, WORKER, policy)
        session.expunge_all()
        session.execute(lifecycle.claimed(ticket, WORKER)).one()
        session.expunge_all()
        lifecycle.succeed(session, ticket, policy)
    session.expunge_all()
    if (taken := cleanup.take(session, run.id, policy)) is not None:
        cleanup.settle(session, taken, policy, purged=False)
    add_counts(session, Counter({(WORKER, "{}"): 1, (WORKER, "[]"): 1}))


def _accepted(session: Session, policy: Policy) -> Execution:
    """As at the submit, for a deployment that nobody has seen."""
    now, name = utcnow(), uuid4().hex
    organization = Organization(id=uuid4(), name=name)
    deployment = Deployment(id=uuid4(), organization=organization, name=name, workflow=name, options={})
    run = Execution(
        id=uuid4(),
        organization_id=organization.id,
        deployment=deployment,
        workflow=name,
        workflow_version=name,
        options={},
        tags=[],
        custom_data={},
        guard_token=name,
        total_files=FILES,
        open_files=FILES,
        created_at=now,
        deadline_at=now + policy.deadline,
        lease_expires_at=now + policy.lease,
        files=[_file(ordinal, now + policy.lease) for ordinal in range(FILES)],
    )
    session.add_all((organization, deployment))
    session.flush()
    lifecycle.accept(session, run)
    return run


def _file(ordinal: int, lease: datetime) -> ExecutionFile:
    return ExecutionFile(id=uuid4(), ordinal=ordinal, name="", size=0, sha256="", lease_expires_at=lease)
