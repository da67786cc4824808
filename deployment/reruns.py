"""Reruns: the files of an ended run once more, as a new run with a slot, inputs and an end of its own.

The first one is not touched: its row stays as it ended, and its inputs are copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from uuid import UUID

from deployment.kept_inputs import NotRerunnable, require_inputs
from deployment.models import ApiKey, Execution, FileStatus
from deployment.parts import Parts
from deployment.staging import StoredInput
from deployment.submit import Submission, require_unsent, submit
from workflows import InvalidOptions, UnknownWorkflow


class Which(StrEnum):
    """Which files of the first run are run again."""

    ALL = "all"
    FAILED = "failed"  # those that have no result: also what a stop has ended


def rerun(
    parts: Parts, first: Execution, which: Which, key: ApiKey | None = None, idempotency_key: str | None = None
) -> UUID:
    """Run files of `first` again and return the new run's id; it counts for `key`, or for no key.

    Raises `NotRerunnable`, and what `submit` raises.
    """
    files = list(_files(first, which))
    submission = Submission(
        first.deployment,
        key,
        files,
        first.tags,
        first.custom_data,
        idempotency_key=idempotency_key,
        first=first,
        metadata=first.caller_metadata,
    )
    require_unsent(parts, submission)
    require_inputs(first)
    if not files:
        raise NotRerunnable(f"No file of execution {first.id} has failed, so none is to be run again.")
    _require_workflow(parts, first)
    return submit(parts, submission)


def _files(first: Execution, which: Which) -> Iterator[StoredInput]:
    for file in first.files:
        if which is Which.ALL or file.status != FileStatus.SUCCESS:
            yield StoredInput(file.name, file.size, file.sha256, first.id, file.ordinal)


def _require_workflow(parts: Parts, first: Execution) -> None:
    """As it is now: it may be gone, or have no use for the options of then. Better said now than by each file."""
    if not first.deployment.active:
        raise NotRerunnable(f"The deployment of execution {first.id} is inactive.")
    try:
        parts.workflows.get(first.workflow).parse_options(first.options)
    except (InvalidOptions, UnknownWorkflow) as error:
        raise NotRerunnable(f"Execution {first.id} cannot be run again with its options: {error}") from error
