"""A server process that a test may start, stop, kill, pause and start again on the same port.

It owns the life of the process and its log. What the server is, and when it is ready, each server's
own module says. On Linux the process also dies when pytest itself is killed.
"""

from __future__ import annotations

import random
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.eventually import eventually

BELOW_EPHEMERAL = range(20_000, 32_000)


class ServerFailed(AssertionError):
    """The server ended before it was ready; its log follows."""

    def __init__(self, command: Sequence[str], log: str) -> None:
        super().__init__(f"{self.__doc__}\n{' '.join(command)}\n{log}")


def free_port() -> int:
    """A loopback port that nobody listens on; outgoing connections never take one of these."""
    while True:
        port = random.SystemRandom().choice(BELOW_EPHEMERAL)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


class ServerProcess:
    """One server: `command` run in `folder` as `account` (None: as we are), its output in `log`.

    Start it in the thread that outlives it: Linux ends a leashed process with the thread that made it.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        log: Path,
        account: int | None = None,
        environment: Mapping[str, str] | None = None,
        end_with: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.command = list(command)
        self.folder, self.log, self.account = folder, log, account
        self.environment, self.end_with = environment, end_with
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server was never started"
        return self._process.pid

    def start(self, ready: Callable[[], bool], within: float = 20.0) -> None:
        """Start it and wait until `ready()`. ServerFailed when it ends before that."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*_leash(), *self.command],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                umask=0o077,
                start_new_session=True,
                **as_account(self.account),
            )
        try:
            eventually(lambda: not self.alive or ready(), within, what=f"{self.command[0]} to be ready")
        except BaseException:
            self.kill()
            raise
        if not self.alive:
            raise ServerFailed(self.command, self.log.read_text(errors="replace")[-4000:])

    def stop(self, within: float = 10.0) -> None:
        """Ask it to end and wait; SIGKILL when it does not."""
        if not self.alive or self._process is None:
            return
        self.resume()
        self._process.send_signal(self.end_with)
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL, to its children as well; returns when all of them are gone."""
        if not self.alive or self._process is None:
            return
        self.pause()
        family = psutil.Process(self.pid).children(recursive=True)
        self._process.kill()
        self._process.wait()
        for child in filter(_runs, family):
            child.kill()
        eventually(lambda: not any(map(_runs, family)), what=f"the children of {self.command[0]} to end")

    def pause(self) -> None:
        """SIGSTOP: it accepts connections and answers nothing, as a hung host does."""
        if self.alive and self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self.alive and self._process is not None:
            self._process.send_signal(signal.SIGCONT)


def _leash() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _runs(process: psutil.Process) -> bool:
    # An orphan stays a zombie until the system's first process reaps it, which may take seconds.
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def as_account(account: int | None) -> dict[str, Any]:
    """The arguments of `subprocess` that run a program as the user with this id; None: as we are."""
    return {} if account is None else {"user": account, "group": account, "extra_groups": []}
