"""An exception between any two bytecodes of the guard: what a signal handler, a greenlet or a timeout may do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import guards

HOME = str(Path(guards.__file__).parent)
OUTSIDE = ("memory.py",)
"""The ledger stands for a database, which does its work or does not: it is not struck within."""


class Struck(BaseException):
    """The exception from outside."""


class Striker:
    """Traces the guard's own bytecodes while it is entered, and raises `Struck` before the n-th, once."""

    def __init__(self, at: int | None = None) -> None:
        self.at, self.count, self.place = at, 0, ""

    def __enter__(self) -> Striker:
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: Any) -> None:
        sys.settrace(self._before)

    def _trace(self, frame: FrameType, what: str, _: Any) -> Callable[..., Any] | None:
        name = frame.f_code.co_filename
        if not name.startswith(HOME) or name.endswith(OUTSIDE):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if what == "opcode":
            self._strike(frame)
        return self._trace

    def _strike(self, frame: FrameType) -> None:
        self.count += 1
        if self.count - 1 == self.at:
            self.place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}"
            raise Struck


def every_opcode(play: Callable[[], None]) -> range:
    """The places at which one can strike `play`."""
    with Striker() as striker:
        play()
    return range(striker.count)
