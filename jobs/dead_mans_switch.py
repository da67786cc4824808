"""A dead man's switch: the kernel kills this process unless it says in time that it is alive and well.

No timeout of a library covers every way to hang (a database that stands still in mid-statement is one), and an
exception from a signal handler may be swallowed. SIGALRM's default action needs nobody's help. Whoever supervises
the process starts it anew. A child of a fork has no such timer.
"""

from __future__ import annotations

import signal
from collections.abc import Callable

Switch = Callable[[float], object]
"""Called with the seconds until death, or with 0 to disarm."""


def arm(seconds: float) -> None:
    """Die by SIGALRM in so many seconds, unless called again before; 0 disarms."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def unarmed(seconds: float) -> None:
    """For a worker in a process that has more to live for."""
