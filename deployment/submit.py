"""Submitting: the PENDING row, the staged files, the seal and the tickets, under the guard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import structlog

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.heartbeat import StagingHeartbeat
from deployment.models import ApiKey, Deployment, Execution, ExecutionFile
from deployment.parts import Parts
from deployment.slots import take_slot
from deployment.spool import Spool
from guards import pre_dispatch_guard
from storage import names

log = structlog.get_logger()


@dataclass(frozen=True)
class Upload:
    """One spooled file. `name` is what the caller called it."""

    name: str
    spool: Spool


@dataclass(frozen=True)
class Submission:
    """A validated request: who asks for what, and the files."""

    deployment: Deployment
    key: ApiKey | None
    uploads: Sequence[Upload]
    tags: list[str] = field(default_factory=list)
    custom_data: dict[str, Any] = field(default_factory=dict)


def submit(parts: Parts, submission: Submission) -> UUID:
    """Accept a run and hand it to the workers; return its id.

    Raises `NoFreeSlot`, or whatever the database says, when there is no row yet. What a later step raises
    carries the guard's outcome: by then the row is ERROR, with the reason.
    """
    with pre_dispatch_guard(parts.ledger) as guard:
        execution = guard.open(_create, parts, submission, guard.token)
        with bound(execution), StagingHeartbeat(parts.database, execution.id, parts.policy):
            guard.on_failure(parts.store.delete_prefix, names.inputs(execution.id))
            _stage(parts, execution, submission.uploads)
            guard.dispatch(parts.dispatcher.enqueue, lifecycle.first_tickets(execution, parts.policy))
    return execution.id


def bound(execution: Execution) -> Any:
    """Log lines within the block carry the execution's id."""
    return structlog.contextvars.bound_contextvars(execution_id=str(execution.id))


def _create(parts: Parts, submission: Submission, token: str) -> Execution:
    execution = _execution(parts, submission, token)
    with parts.database.writing() as session:
        take_slot(session, submission.deployment.organization, submission.key, parts.policy)
        lifecycle.accept(session, execution)
    log.info("execution_accepted", execution_id=str(execution.id), files=execution.total_files)
    return execution


def _execution(parts: Parts, submission: Submission, token: str) -> Execution:
    deployment, now, policy = submission.deployment, utcnow(), parts.policy
    workflow = parts.workflows.get(deployment.workflow)
    deadline = now + policy.deadline
    return Execution(
        id=uuid4(),
        organization_id=deployment.organization_id,
        deployment_id=deployment.id,
        api_key_id=submission.key.id if submission.key else None,
        workflow=workflow.name,
        workflow_version=workflow.version,
        options=deployment.options,
        tags=submission.tags,
        custom_data=submission.custom_data,
        webhook_url=deployment.webhook_url,
        guard_token=token,
        total_files=len(submission.uploads),
        open_files=len(submission.uploads),
        created_at=now,
        deadline_at=deadline,
        lease_expires_at=now + policy.lease,
        files=[
            ExecutionFile(
                id=uuid4(),
                ordinal=ordinal,
                name=upload.name,
                size=upload.spool.size,
                sha256=upload.spool.sha256,
                lease_expires_at=deadline,  # its turn comes, or the run's deadline does
            )
            for ordinal, upload in enumerate(submission.uploads)
        ],
    )


def _stage(parts: Parts, execution: Execution, uploads: Sequence[Upload]) -> None:
    for ordinal, upload in enumerate(uploads):
        upload.spool.seek(0)
        parts.store.put(names.input_key(execution.id, ordinal), upload.spool)
