"""A signal ends the launcher wherever it meets it, in a destructor too, and with it a command that is waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import stopping
from launcher.part import finish
from launcher.stopping import ToldToStop, listen, stop_if_told
from tests.processes import lives


@pytest.fixture(autouse=True)
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Signals come to the launcher, and to the test's process again afterwards."""
    monkeypatch.setattr(stopping, "_told", [])
    held = {signum: signal.getsignal(signum) for signum in stopping.SIGNALS}
    listen()
    yield
    for signum, handler in held.items():
        signal.signal(signum, handler)


class Interrupted:
    """Ctrl-C comes while it is destroyed, where an exception reaches nobody."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_a_signal_that_meets_a_destructor_is_not_lost() -> None:
    stop_if_told()
    Interrupted()
    with pytest.raises(ToldToStop) as told:
        stop_if_told()
    assert told.value.code == 128 + signal.SIGINT


def test_a_command_that_is_waited_for_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    begin = f"import os, pathlib, signal; pathlib.Path({str(note)!r}).write_text(str(os.getpid()))"
    wait = "os.kill(os.getppid(), signal.SIGTERM); signal.pause()"
    with pytest.raises(ToldToStop):
        finish([sys.executable, "-c", f"{begin}; {wait}"], os.environ, stdout=subprocess.PIPE)
    assert not lives(int(note.read_text()))
