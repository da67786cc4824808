"""How objects are named: everything of a run stands under its id, so whoever knows the id can undo it.

Prefixes end in `/`, so that attempt 1 is no prefix of attempt 10.
"""

from __future__ import annotations

from uuid import UUID

PROBES = "_probes/"
"""Where a check of the storage may write; never a run's."""


def execution(execution_id: UUID) -> str:
    """The prefix of all that a run has stored."""
    return f"{execution_id}/"


def inputs(execution_id: UUID) -> str:
    """The prefix of a run's inputs."""
    return f"{execution(execution_id)}in/"


def input_key(execution_id: UUID, ordinal: int) -> str:
    """One input; named by its place in the request, since two files may have one name."""
    return f"{inputs(execution_id)}{ordinal}"


def output_prefix(execution_id: UUID, file_id: UUID, attempt: int) -> str:
    """The prefix of what one attempt at a file has produced; no other attempt writes there."""
    return f"{execution(execution_id)}out/{file_id}/{attempt}/"


def result_key(execution_id: UUID, file_id: UUID, attempt: int) -> str:
    """The result of one attempt, as JSON."""
    return f"{output_prefix(execution_id, file_id, attempt)}result.json"


def output_key(execution_id: UUID, file_id: UUID, attempt: int, number: int) -> str:
    """A file that the attempt hands out, counted from 1; what it is called is in the result."""
    return f"{output_prefix(execution_id, file_id, attempt)}files/{number}"


def probe(token: str) -> str:
    """The prefix of one check, so that two checks at once do not meet."""
    return f"{PROBES}{token}/"
