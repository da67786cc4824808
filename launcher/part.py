"""One part of an installation: a process that is awaited until it answers, and that dies with the launcher."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from jobs.parentage import die_with
from launcher.stopping import stop_if_told

HERE = Path(__file__).resolve().parents[1]
READY_SECONDS = 60
LOOK_SECONDS = 0.2


class PartFailed(SystemExit):
    """A part ended, or did not answer in time."""


class Part:
    """Starts `command`; its lines go to `output`, or to standard error: the other one is for what we say."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], output: IO[bytes] | None
    ) -> None:
        self.name = name
        self.process = subprocess.Popen(
            command,
            cwd=HERE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output or sys.stderr,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C comes to the launcher alone, which ends the parts in their order
            preexec_fn=_dying_with_us(),
        )

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def await_ready(self, lacking: Callable[[], str]) -> None:
        """Wait until `lacking` says that nothing is; raises `PartFailed` if the part ends, or after `READY_SECONDS`."""
        ends = time.monotonic() + READY_SECONDS
        while lack := lacking():
            stop_if_told()
            if self.ended:
                raise PartFailed(f"{self.name} ended with status {self.process.returncode} before it was ready")
            if time.monotonic() > ends:
                raise PartFailed(f"{self.name} was not ready within {READY_SECONDS} s: {lack}")
            time.sleep(0.05)

    def stop(self, ends: float) -> None:
        """SIGTERM now, SIGKILL at `ends` (seconds of the monotonic clock)."""
        if not self.ended:
            self.process.terminate()
        try:
            self.process.wait(max(ends - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def finish(command: Sequence[str], environment: Mapping[str, str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; it dies with the launcher, too. `options` are those of `subprocess.Popen`.

    Ctrl-C comes to the launcher alone: it ends the command, and raises `ToldToStop`.
    """
    options |= {"text": True, "start_new_session": True, "preexec_fn": _dying_with_us()}
    with subprocess.Popen(command, cwd=HERE, env=environment, **options) as process:
        try:
            out, err = _communicated(process)
        finally:
            process.kill()  # nothing, where it has ended
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _communicated(process: subprocess.Popen[str]) -> tuple[str, str]:
    while True:
        stop_if_told()
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=LOOK_SECONDS)


def _dying_with_us() -> Callable[[], None]:
    launcher = os.getpid()
    return lambda: die_with(launcher)
