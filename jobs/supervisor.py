"""Supervision: children forked from one made app, restarted when they die, ended when we are told."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import structlog

from jobs.parentage import die_with

log = structlog.get_logger()

SHORT_LIFE_SECONDS = 1.0
"""A child that lives shorter than this is not restarted before as much time has passed: no storm of forks."""
STOP_SECONDS = 9.0
"""How long the children get to end by themselves. `docker stop` kills after 10 s."""
STOPPING = (signal.SIGTERM, signal.SIGINT)

Role = Callable[[], None]


class Supervisor:
    """Keeps one process for each role. Nothing is connected to anything before the forks."""

    def __init__(self, roles: Mapping[str, Role]) -> None:
        self._roles = roles
        self._children: dict[int, tuple[str, float]] = {}
        self._stopping = False

    def run(self) -> None:
        """Return when SIGTERM or SIGINT has come and every child has ended."""
        for signum in STOPPING:
            signal.signal(signum, self._stop)
        signal.signal(signal.SIGALRM, self._end_patience)
        for name in self._roles:
            self._start(name)
        while self._children:
            pid, status = os.wait()
            name, born = self._children.pop(pid)
            self._restart(name, born, status)
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _stop(self, *_: Any) -> None:
        """Passed on once: the platform signals every process anyway, and repeats it."""
        if not self._stopping:
            self._stopping = True
            signal.setitimer(signal.ITIMER_REAL, STOP_SECONDS)
            self._signal_children(signal.SIGTERM)

    def _end_patience(self, *_: Any) -> None:
        self._signal_children(signal.SIGKILL)

    def _signal_children(self, signum: signal.Signals) -> None:
        for pid in list(self._children):
            with suppress(ProcessLookupError):  # it has been waited for, and is about to be forgotten
                os.kill(pid, signum)

    def _start(self, name: str) -> None:
        """The signals are held, so that a SIGTERM is passed on to the new child, too, or prevents it."""
        parent = os.getpid()
        with _signals_held():
            if self._stopping:
                return
            pid = os.fork()
            if pid == 0:
                self._become(name, parent)
            self._children[pid] = (name, time.monotonic())

    def _become(self, name: str, parent: int) -> None:
        code = 1
        try:
            for signum in (*STOPPING, signal.SIGALRM):
                signal.signal(signum, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            die_with(parent)
            self._roles[name]()
            code = 0
        except Exception:
            log.exception("process_failed", role=name)
        finally:
            sys.stdout.flush()
            os._exit(code)

    def _restart(self, name: str, born: float, status: int) -> None:
        if self._stopping and status == 0:
            return
        log.warning("process_died", role=name, status=os.waitstatus_to_exitcode(status))
        time.sleep(max(SHORT_LIFE_SECONDS - (time.monotonic() - born), 0))
        self._start(name)


@contextmanager
def _signals_held() -> Iterator[None]:
    held = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
