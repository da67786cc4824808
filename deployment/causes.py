"""What a part said when it failed, for the operator's log."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from guards import reason_of


def cause_of(error: BaseException) -> str:
    """`Type: message`, redacted; of a database's error what the driver says, and not the statement with its values."""
    said = error.orig if isinstance(error, DBAPIError) else None
    return reason_of(said or error)
