"""What RQ calls in the work-horse. The domain does the work, the row has the last word."""

from __future__ import annotations

import os

from deployment import tracing
from deployment.dispatch import Ticket
from deployment.execute import execute
from deployment.parts import current_parts


def run_file(execution_id: str, file_id: str, attempt: int, dispatch: int) -> None:
    """Work on one claimed file."""
    ticket = Ticket.parse(execution_id, file_id, attempt, dispatch)
    parts = current_parts()
    try:
        execute(parts, ticket, worker=os.environ.get("RQ_WORKER_ID", ""))
    finally:
        parts.tallies.flush(parts.database)  # the work-horse leaves by `os._exit`
        tracing.flush()
