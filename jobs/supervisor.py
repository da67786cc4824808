"""Supervision: single-threaded children forked from one made app, restarted when they die, ended when we are told."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog

from jobs.parentage import die_with

log = structlog.get_logger()

SHORT_LIFE_SECONDS = 1.0
"""A child that lives shorter than this is not restarted before as much time has passed: no storm of forks."""

Role = Callable[[], None]


class Supervisor:
    """Keeps one process for each role. Nothing is connected to anything before the forks."""

    def __init__(self, roles: Mapping[str, Role]) -> None:
        self._roles = roles
        self._children: dict[int, tuple[str, float]] = {}
        self._stopping = False

    def run(self) -> None:
        """Return when SIGTERM or SIGINT has come and every child has ended."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._stop)
        for name in self._roles:
            self._start(name)
        while self._children:
            pid, status = os.wait()
            name, born = self._children.pop(pid)
            if not self._stopping:
                self._restart(name, born, status)

    def _stop(self, *_: Any) -> None:
        """Passed on once: the platform signals every process anyway, and a second one means less patience."""
        if not self._stopping:
            self._stopping = True
            for pid in self._children:
                os.kill(pid, signal.SIGTERM)

    def _start(self, name: str) -> None:
        parent = os.getpid()
        with _signals_held():
            pid = os.fork()
            if pid == 0:
                self._become(name, parent)
            self._children[pid] = (name, time.monotonic())

    def _become(self, name: str, parent: int) -> None:
        code = 1
        try:
            for signum in (signal.SIGTERM, signal.SIGINT):
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
        log.warning("process_died", role=name, status=os.waitstatus_to_exitcode(status))
        lived = time.monotonic() - born
        time.sleep(max(SHORT_LIFE_SECONDS - lived, 0))
        if not self._stopping:
            self._start(name)


@contextmanager
def _signals_held() -> Iterator[None]:
    """A SIGTERM waits until the new child is known, so that it is passed on to that one, too."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
