"""Dying with one's parent: the kernel sends a signal to a process whose parent has died, however it died."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2); Linux only. Elsewhere an orphan ends at its next look at the database, by the fence."""


def die_with(parent: int, signum: signal.Signals = signal.SIGKILL) -> None:
    """Ask for `signum` when the process `parent` dies; if it has died already, end now."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
