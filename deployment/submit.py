"""Submitting: the PENDING row, the staged files, the seal and the tickets, under the guard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy.orm import Session

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.executions import find_execution
from deployment.fingerprint import fingerprint
from deployment.heartbeat import StagingHeartbeat
from deployment.idempotency import StillAccepting, look_for_run, take_key
from deployment.kept_inputs import InputsNotKept, require_inputs, will_keep_inputs
from deployment.lifecycle.swap import locked
from deployment.models import ApiKey, Deployment, Execution, ExecutionFile, ExecutionStatus
from deployment.parts import Parts
from deployment.slots import lock_slots, look_for_slot
from deployment.staging import File, stage
from deployment.tracing import span, traceparent
from guards import pre_dispatch_guard
from storage import names

log = structlog.get_logger()


@dataclass(frozen=True)
class Submission:
    """A validated request: who asks for what, and the files, wherever they are.

    `first` is the run that is to be run again: its workflow and options count, and not those of the deployment.
    `options` are all of them, as the workflow has parsed them, and `deadline` is shorter than the installation's;
    None leaves both to the deployment and the installation.
    """

    deployment: Deployment
    key: ApiKey | None
    files: Sequence[File]
    tags: list[str] = field(default_factory=list)
    custom_data: dict[str, Any] = field(default_factory=dict)
    use_file_history: bool = False
    idempotency_key: str | None = None
    first: Execution | None = None
    options: dict[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    deadline: timedelta | None = None
    webhook_url: str | None = None


def submit(parts: Parts, submission: Submission) -> UUID:
    """Accept a run and hand it to the workers; return its id.

    Raises `NoFreeSlot`, what `idempotency` raises, `NotRerunnable` where there is a `first`, or whatever the database
    says, when there is no row of ours yet.
    What a later step raises carries the guard's outcome: by then the row is ERROR, with the reason.
    """
    try:
        return _submit(parts, submission)
    except StillAccepting as pending:
        _require_ended(parts, pending)
        return _submit(parts, submission)


def _submit(parts: Parts, submission: Submission) -> UUID:
    with pre_dispatch_guard(parts.ledger) as guard:
        execution = guard.open(_create, parts, submission, guard.token)
        with bound(execution), span("stage"), StagingHeartbeat(parts.database, execution.id, parts.policy) as heartbeat:
            guard.on_failure(parts.store.delete_prefix, names.inputs(execution.id))
            stage(parts, execution, submission.files, wanted=lambda: not heartbeat.lost)
            guard.dispatch(parts.dispatcher.enqueue, lifecycle.first_tickets(execution, parts.policy))
    return execution.id


def require_unsent(parts: Parts, submission: Submission) -> None:
    """Raise what `idempotency` raises if this request was sent before: then nothing else is asked of it."""
    owner = submission.key.id if submission.key else None
    try:
        with parts.database.reading() as session:
            look_for_run(session, owner, submission.idempotency_key, _fingerprint(submission))
    except StillAccepting as pending:
        _require_ended(parts, pending)


def _require_ended(parts: Parts, pending: StillAccepting) -> None:
    """Raise `pending` again, unless a look at its run, whose request died, has ended it and so set its key free."""
    run = find_execution(parts, pending.execution_id)
    if run is not None and run.status == ExecutionStatus.PENDING:
        raise pending


def bound(execution: Execution) -> Any:
    """Log lines within the block carry the execution's id."""
    return structlog.contextvars.bound_contextvars(execution_id=str(execution.id))


def _create(parts: Parts, submission: Submission, token: str) -> Execution:
    execution = _execution(parts, submission, token)
    organization, key = submission.deployment.organization, submission.key
    with parts.database.writing() as session:
        lock_slots(session, organization, key)
        take_key(session, execution)
        look_for_slot(session, organization, key, parts.policy)
        if submission.first is not None:
            _require_first(session, submission.first)
        lifecycle.accept(session, execution)
    log.info("execution_accepted", execution_id=str(execution.id), files=execution.total_files)
    return execution


def _require_first(session: Session, first: Execution) -> None:
    """Under its lock, so that the row is still there when this transaction has written to its log."""
    row = locked(session, first.id)
    if row is None:
        raise InputsNotKept(first, "it was forgotten.")
    require_inputs(row)


def _execution(parts: Parts, submission: Submission, token: str) -> Execution:
    deployment, now, policy = submission.deployment, utcnow(), parts.policy
    asked = submission.first or deployment
    workflow = parts.workflows.get(asked.workflow)
    deadline = now + (submission.deadline or policy.deadline)
    return Execution(
        id=uuid4(),
        organization_id=deployment.organization_id,
        deployment_id=deployment.id,
        api_key_id=submission.key.id if submission.key else None,
        workflow=workflow.name,
        workflow_version=workflow.version,
        options=asked.options if submission.options is None else submission.options,
        tags=submission.tags,
        custom_data=submission.custom_data,
        caller_metadata=submission.metadata,
        use_file_history=submission.use_file_history,
        idempotency_key=submission.idempotency_key,
        idempotency_fingerprint=_fingerprint(submission) if submission.idempotency_key else None,
        rerun_of=submission.first.id if submission.first else None,
        keep_inputs=will_keep_inputs(deployment, policy),
        webhook_url=submission.webhook_url,
        traceparent=traceparent(),
        guard_token=token,
        total_files=len(submission.files),
        open_files=len(submission.files),
        created_at=now,
        deadline_at=deadline,
        lease_expires_at=now + policy.lease,
        files=list(_files(submission, deadline)),
    )


def _fingerprint(submission: Submission) -> str:
    """Of all that decides what is run; how the caller wants to be answered (`timeout`, …) is no part of it."""
    files = [file.identity for file in submission.files]
    asked = (submission.options, submission.metadata, submission.deadline, submission.webhook_url)
    return fingerprint(
        submission.deployment.id, files, submission.tags, submission.custom_data, submission.use_file_history, asked
    )


def _files(submission: Submission, deadline: datetime) -> Iterator[ExecutionFile]:
    """The rows; their size and hash follow when they are fetched, if they have to be."""
    for ordinal, file in enumerate(submission.files):
        yield ExecutionFile(
            id=uuid4(),
            ordinal=ordinal,
            name=file.name,
            size=file.size,
            sha256=file.sha256,
            lease_expires_at=deadline,  # its turn comes, or the run's deadline does
        )
