"""What a key may do."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """A right of an API key, within its deployment or its organisation."""

    RUN = "run"  # submit runs, and run them again
    READ = "read"  # see runs, their results and what they have cost
    STOP = "stop"  # stop runs
    MANAGE = "manage"  # delete runs; change deployments, webhooks and keys


CALLING = (Scope.RUN, Scope.READ, Scope.STOP)
"""What a caller needs: the rights of a key for which nobody has said anything else."""
