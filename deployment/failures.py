"""How an attempt at a file has failed: the reason for its caller, and whether the workflow asks for another try."""

from __future__ import annotations

from dataclasses import dataclass

from guards import reason_of, redact
from storage import StorageError
from workflows import DocumentError, Retry


@dataclass(frozen=True)
class Failure:
    """`reason` is redacted, and never empty. Without `retry` the failure is final."""

    reason: str
    retry: Retry | None = None


def failure_of(error: BaseException) -> Failure:
    """What `error` means to the file that was worked on."""
    if isinstance(error, Retry):
        return Failure(_reason_to_retry(error), error)
    if isinstance(error, DocumentError):
        return Failure(redact(str(error)) or reason_of(error))
    if isinstance(error, StorageError):
        return Failure(f"storage_failed: {reason_of(error)}")
    return Failure(reason_of(error))


def _reason_to_retry(error: Retry) -> str:
    """What the workflow says; if it says nothing, what made it give up for now."""
    silent = type(error) is Retry and not error.args
    return reason_of(error.__cause__) if silent and error.__cause__ else redact(str(error)) or reason_of(error)
