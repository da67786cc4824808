"""The work-horse as its parent sees it: a child process that leads a group, which ends with it."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NO_MEMORY = "as a rule since it needed more memory than the workflow may use"
CRASHES: dict[int, str] = {
    signal.SIGABRT: NO_MEMORY,
    signal.SIGTRAP: NO_MEMORY,
    signal.SIGILL: NO_MEMORY,
    signal.SIGSEGV: "an error in a library",
    signal.SIGBUS: "an error in a library",
    signal.SIGFPE: "an error in a library",
}
"""Signals that a process raises against itself. A library in C that is refused memory knows no other way out."""
OOM_SCORE = "500"
"""Half of what would make it the first of all to go (proc(5))."""
POLL_SECONDS = 0.05
"""Where the kernel cannot wake us at a child's end."""


@contextmanager
def exit_of(pid: int) -> Iterator[Callable[[float], bool]]:
    """A function that waits so many seconds for the child `pid` to die, and says whether it has.

    The child is still to be waited for. A signal does not cut the wait short (PEP 475).
    """
    if not hasattr(os, "pidfd_open"):
        yield lambda seconds: _polled(pid, seconds)
        return
    descriptor, poll = os.pidfd_open(pid), select.poll()
    poll.register(descriptor, select.POLLIN)
    try:
        yield lambda seconds: bool(poll.poll(1000 * seconds))
    finally:
        os.close(descriptor)


def kill(pid: int) -> None:
    """Kill the work-horse and all that it has started. Before it leads a group of its own, the group is still ours."""
    with suppress(ProcessLookupError):
        leads = os.getpgid(pid) == pid
        (os.killpg if leads else os.kill)(pid, signal.SIGKILL)


def cause_of_death(status: int) -> str:
    """In words, from the status of `wait`."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"the work-horse left with status {code} without ending the file"
    return f"the work-horse was killed by {_name(-code)}"


def crash(status: int) -> str | None:
    """By which signal the work-horse has ended itself, and what that means; None if it ended in another way."""
    signum = -os.waitstatus_to_exitcode(status)
    return f"{_name(signum)}, {CRASHES[signum]}" if signum in CRASHES else None


def give_up_first() -> None:
    """In the work-horse: where the machine has no memory left, the kernel shall end it, and not its worker."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)


def _name(signum: int) -> str:
    try:
        return signal.Signals(signum).name
    except ValueError:
        return f"signal {signum}"


def _polled(pid: int, seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() >= ends:
            return False
        time.sleep(POLL_SECONDS)
    return True
