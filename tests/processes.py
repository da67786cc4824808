"""Processes that a test forks, suspends and kills; none of them, and none of their children, outlives the test."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil

from jobs.parentage import die_with
from tests.eventually import eventually


class Process:
    """A child of the test that runs `run` and leaves with status 0, or 1 if it raises."""

    def __init__(self, run: Callable[[], object]) -> None:
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _become(run, parent)
        self.status: int | None = None
        self.born = time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether it has not ended; its exit code is in `status` afterwards, negative for a signal."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status is None

    def family(self) -> list[psutil.Process]:
        """It and all its descendants."""
        return family(self.pid)

    def signal(self, signum: signal.Signals) -> None:
        os.kill(self.pid, signum)

    def end(self, within: float = 10) -> int:
        """Wait until it has ended; return its exit code."""
        eventually(lambda: not self.alive, within, what=f"process {self.pid} to end")
        assert self.status is not None
        return self.status

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.alive:
            kill_all(self.family())
            self.end()


def family(pid: int) -> list[psutil.Process]:
    """A process and all its descendants; empty when it is gone."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def kill_all(processes: list[psutil.Process]) -> None:
    """SIGKILL to each that still lives."""
    for process in processes:
        if process.is_running():
            process.kill()


def lives(process: psutil.Process | int) -> bool:
    """Whether it runs: an orphan that has died stays a zombie for a moment."""
    try:
        process = psutil.Process(process) if isinstance(process, int) else process
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _become(run: Callable[[], object], parent: int) -> None:
    code = 1
    try:
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(signum, signal.SIG_DFL)
        die_with(parent)
        _forget_sockets()
        run()
        code = 0
    finally:
        os._exit(code)


def _forget_sockets() -> None:
    """What the test's process closes must be closed: a server, or a proxy's connection, would live on in the child."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):
            if descriptor.readlink().name.startswith("socket:"):
                os.dup2(nothing, int(descriptor.name))
