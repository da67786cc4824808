"""The boundaries of a process: every call to the database, the queue or the store, where a test may kill it.

Armed in a forked child only; the forks of that child count for themselves, and at most one process is killed.
"""

from __future__ import annotations

import functools
import mmap
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from redis import Redis
from redis.client import Pipeline
from sqlalchemy.engine.default import DefaultDialect

PHASES = ("before", "after")
STORE_CALLS = ("put", "open", "copy", "delete_prefix")


@dataclass(frozen=True)
class Point:
    """The `number`-th boundary of the `depth`-th process (0: the child, 1: its fork), before or after the call."""

    depth: int
    number: int
    phase: str

    def __str__(self) -> str:
        return f"{self.phase} boundary {self.number} of process {self.depth}"


class Boundaries:
    """Counts the boundaries that a process passes, and kills it at one of them."""

    def __init__(self, kill_at: Point) -> None:
        self._kill_at = kill_at
        self._killed = mmap.mmap(-1, 1)  # shared by all forks
        self._depth, self._number = 0, 0

    @property
    def killed(self) -> bool:
        return self._killed[0] == 1

    def arm(self, store: type) -> None:
        """In the child: hook every way out of the process."""
        os.register_at_fork(after_in_child=self._next_process)
        sa.event.listen(sa.Engine, "before_cursor_execute", lambda *_: self._pass("before"))
        sa.event.listen(sa.Engine, "after_cursor_execute", lambda *_: self._pass("after"))
        self._wrap(DefaultDialect, "do_commit")
        self._wrap(Redis, "execute_command")
        self._wrap(Pipeline, "execute")
        for call in STORE_CALLS:
            self._wrap(store, call)

    def _next_process(self) -> None:
        self._depth, self._number = self._depth + 1, 0

    def _wrap(self, owner: type, method: str) -> None:
        real = getattr(owner, method)

        @functools.wraps(real)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self._pass("before")
            answer = real(*args, **kwargs)
            self._pass("after")
            return answer

        setattr(owner, method, wrapped)

    def _pass(self, phase: str) -> None:
        self._number += phase == "before"
        if Point(self._depth, self._number, phase) == self._kill_at and not self.killed:
            self._killed[0] = 1
            os.kill(os.getpid(), signal.SIGKILL)


def in_child(act: Callable[[], object], prepare: Callable[[], object]) -> int:
    """Fork, prepare and act there; the exit status as `waitpid` has it: 0, or a signal's number."""
    pid = os.fork()
    if pid == 0:
        try:
            prepare()
            act()
            os._exit(0)
        finally:
            os._exit(70)
    return os.waitpid(pid, 0)[1]
