"""One part of an installation: a process that is awaited until it answers, and that dies with the launcher."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from jobs.parentage import die_with

HERE = Path(__file__).resolve().parents[1]
READY_SECONDS = 60


class PartFailed(SystemExit):
    """A part ended, or did not answer in time."""


class Part:
    """Starts `command`; its lines go to `output`, or where the launcher's go."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], output: IO[bytes] | None
    ) -> None:
        launcher = os.getpid()
        self.name = name
        self.process = subprocess.Popen(
            command,
            cwd=HERE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,  # Ctrl-C comes to the launcher alone, which ends the parts in their order
            preexec_fn=lambda: die_with(launcher),
        )

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def await_ready(self, ready: Callable[[], bool]) -> None:
        """Wait until `ready()`; raises `PartFailed` if the part ends, or after `READY_SECONDS`."""
        ends = time.monotonic() + READY_SECONDS
        while not ready():
            if self.ended:
                raise PartFailed(f"{self.name} ended with status {self.process.returncode} before it was ready")
            if time.monotonic() > ends:
                raise PartFailed(f"{self.name} did not answer within {READY_SECONDS} s")
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
