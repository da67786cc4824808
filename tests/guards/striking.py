"""A strike between any two bytecodes of the guard: an exception, as of a signal handler or a timeout, or SIGKILL."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import guards

HOME = str(Path(guards.__file__).parent)
OUTSIDE = ("memory.py",)
"""The ledger stands for a database, which does its work or does not: it is not struck within."""


class Struck(BaseException):
    """The exception from outside."""


Place = tuple[str, int, int]
"""A bytecode: its code's file, first line and offset."""


def interrupt() -> None:
    raise Struck


class Striker:
    """Traces the guard's own bytecodes while it is entered, and strikes before the one at `place`, once."""

    def __init__(self, place: Place | None = None, strike: Callable[[], None] = interrupt) -> None:
        self.place, self.strike, self.seen = place, strike, dict[Place, int]()
        self.lost = False
        """The interpreter threw the strike away, since it struck while a generator was collected."""

    def __enter__(self) -> Striker:
        self._before, self._hook = sys.gettrace(), sys.unraisablehook
        sys.unraisablehook = self._unraisable
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: Any) -> None:
        sys.settrace(self._before)
        sys.unraisablehook = self._hook

    def _unraisable(self, _: Any) -> None:
        self.lost = True

    def _trace(self, frame: FrameType, what: str, _: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        if what == "opcode":
            self._strike((code.co_filename, code.co_firstlineno, frame.f_lasti), frame)
        elif not self._concerns(code):
            return None
        else:
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._trace

    def _concerns(self, code: CodeType) -> bool:
        if self.place is not None:
            return (code.co_filename, code.co_firstlineno) == self.place[:2]
        return code.co_filename.startswith(HOME) and not code.co_filename.endswith(OUTSIDE)

    @property
    def struck_at(self) -> str:
        assert self.place is not None
        return f"{Path(self.place[0]).name}:{self.seen[self.place]}"

    def _strike(self, here: Place, frame: FrameType) -> None:
        if here in self.seen:
            return
        self.seen[here] = frame.f_lineno
        if here == self.place:
            self.strike()


def every_bytecode(play: Callable[[], object]) -> list[Place]:
    """The bytecodes of the guard that `play` executes, each of which can be struck."""
    with Striker() as striker:
        play()
    return list(striker.seen)
