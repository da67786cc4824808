"""Kept inputs: whose inputs stay as long as its result, so that it can be run again; and why another one cannot be."""

from __future__ import annotations

from deployment.models import Deployment, Execution
from deployment.policy import Policy
from deployment.retention import is_expired

HOW_TO_KEEP = "With KEEP_INPUTS=true, or `flask deploy ... --keep-inputs`, those of later executions are."


class NotRerunnable(Exception):
    """This execution cannot be run again; the message says why, and what to do."""


class StillLive(NotRerunnable):
    """It has not ended."""

    def __init__(self, execution: Execution) -> None:
        super().__init__(
            f"Execution {execution.id} is {execution.status}: it can be run again when it has ended. Wait, or stop it."
        )


class InputsNotKept(NotRerunnable):
    """What it was to run on is not there any more."""

    def __init__(self, execution: Execution, why: str) -> None:
        super().__init__(f"The inputs of execution {execution.id} are not kept: {why} Send the files again.")


def will_keep_inputs(deployment: Deployment, policy: Policy) -> bool:
    """Whether a run of this deployment that is accepted now is to keep its inputs."""
    return policy.keep_inputs if deployment.keep_inputs is None else deployment.keep_inputs


def keeps_inputs(execution: Execution) -> bool:
    """Whether an ended run keeps its inputs, until its result expires: only where all of them were staged."""
    return execution.keep_inputs and execution.sealed_at is not None and not _undone(execution)


def require_inputs(execution: Execution) -> None:
    """Raise `NotRerunnable` unless the run has ended, and its row says that its inputs are there."""
    if execution.live:
        raise StillLive(execution)
    if not execution.keep_inputs:
        raise InputsNotKept(execution, f"they were deleted when it ended. {HOW_TO_KEEP}")
    if not keeps_inputs(execution):
        raise InputsNotKept(execution, "it ended before it came to the workers.")
    if execution.purged_at is not None or is_expired(execution):
        raise InputsNotKept(execution, f"they expired with its result, at {execution.expires_at}.")


def _undone(execution: Execution) -> bool:
    """A run that its own guard has failed: the guard has deleted what was staged, also behind the seal."""
    return (execution.ended_by or "").startswith("guard:")
