"""What RQ calls in the work-horse. Three lines: the domain does the work, the row has the last word."""

from __future__ import annotations

import os

from rq.exceptions import ShutDownImminentException

from deployment.dispatch import Ticket
from deployment.execute import execute, return_ticket
from deployment.parts import current_parts


def run_file(execution_id: str, file_id: str, attempt: int, dispatch: int) -> None:
    """Work on one claimed file; hand it back if the worker is told to go before it is done."""
    ticket = Ticket.parse(execution_id, file_id, attempt, dispatch)
    try:
        execute(current_parts(), ticket, worker=os.environ.get("RQ_WORKER_ID", ""))
    except ShutDownImminentException:
        return_ticket(current_parts(), ticket, "its worker is shutting down")
