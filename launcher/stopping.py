"""Being told to stop: a signal is noted where it comes, and raised where nothing is half done.

An exception out of a signal's handler may meet a destructor, which swallows it: the launcher went on as if nothing had
been said, and deaf to the next signal (measured: one interrupted demo in some hundred).
"""

from __future__ import annotations

import signal
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_told: list[int] = []


class ToldToStop(SystemExit):
    """A signal asks the launcher to end; its code is 128 and the signal's number, as a shell tells it."""


def listen() -> None:
    """From now on Ctrl-C, SIGTERM and SIGHUP are noted; asked once is enough."""
    for signum in SIGNALS:
        signal.signal(signum, _note)


def stop_if_told() -> None:
    """Raise `ToldToStop` if there was a signal. To be called at least every second while something is waited for."""
    if _told:
        raise ToldToStop(128 + _told[0])


def _note(signum: int, _frame: FrameType | None) -> None:
    _told.append(signum)
