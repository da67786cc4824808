"""What a part said when it failed, for the operator's log."""

from __future__ import annotations

from guards import reason_of


def cause_of(error: BaseException) -> str:
    """`Type: message`, redacted; of a database's error what the driver says, and not the statement with its values."""
    said = getattr(error, "orig", None)  # SQLAlchemy's, which the launcher, who talks to the queue, need not import
    return reason_of(said if isinstance(said, BaseException) else error)
