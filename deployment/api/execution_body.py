"""An execution as the native API shows it: with its own states, which are finer than those of the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from deployment.models import Execution, ExecutionFile
from deployment.progress import progress

INSTANTS = ("created_at", "sealed_at", "started_at", "ended_at", "deadline_at", "expires_at")
FILE_INSTANTS = ("started_at", "ended_at", "retry_at")


def execution_body(execution: Execution) -> dict[str, Any]:
    """Ready for JSON; instants are ISO 8601 in UTC, or null as long as there are none.

    `sealed_at` is when it was queued, `retry_at` when a file that waits for another try is queued again.
    """
    return {
        "id": str(execution.id),
        "status": execution.status,
        "error": execution.error,
        **_instants(execution, INSTANTS),
        "progress": progress(execution.files),
        "files": [_file_body(file) for file in execution.files],
    }


def _file_body(file: ExecutionFile) -> dict[str, Any]:
    told = ("ordinal", "name", "status", "attempt", "error")
    return {"id": str(file.id), **{name: getattr(file, name) for name in told}, **_instants(file, FILE_INSTANTS)}


def _instants(row: Execution | ExecutionFile, names: tuple[str, ...]) -> dict[str, str | None]:
    found: dict[str, datetime | None] = {name: getattr(row, name) for name in names}
    return {name: at.isoformat() if at else None for name, at in found.items()}
