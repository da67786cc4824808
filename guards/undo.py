"""How to undo what has been done: actions in a stack, each with what became of it. Who runs them is elsewhere."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .outcome import UndoFailure


@dataclass(eq=False, slots=True)
class Undo:
    """One action. It must be idempotent: an interrupted one is run again."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    tries: int = 0
    error: BaseException | None = None
    failure: str | None = None
    _owner: dict[str, str] = field(default_factory=dict)

    def taken_by(self, who: str) -> bool:
        """Whether `who` has it, having asked first. It may ask again."""
        # Atomic, and the same however often an exception from outside cuts it off.
        return self._owner.setdefault("who", who) == who

    @property
    def name(self) -> str:
        """The function's name, without the arguments, which may be anything."""
        fn = self.fn
        while isinstance(fn, functools.partial):
            fn = fn.func
        return str(getattr(fn, "__qualname__", type(fn).__name__))

    def __call__(self) -> Any:
        return self.fn(*self.args, **self.kwargs)


@dataclass(slots=True)
class UndoStack:
    """Last in, first out, from several threads. `done` keeps what has been tried, in the order of trying."""

    waiting: dict[int, Undo] = field(default_factory=dict)
    done: dict[int, Undo] = field(default_factory=dict)

    def push(self, action: Undo) -> None:
        self.waiting[id(action)] = action

    def next(self) -> Undo | None:
        """The action to run now; it stays where it is until it is `settled`."""
        while self.waiting:
            try:
                action = next(reversed(self.waiting.values()))
            except (RuntimeError, StopIteration):
                continue  # another thread has pushed or withdrawn one in this moment
            if action.taken_by("guard"):
                return action
            self._drop(action)
        return None

    def withdraw(self, action: Undo) -> bool:
        """Take off an action that has not been run; False if it is too late for that."""
        withdrawn = action.taken_by("caller")
        if withdrawn:
            self._drop(action)
        return withdrawn

    def settled(self, action: Undo) -> None:
        """Move `action` from the waiting to the done."""
        self.done[id(action)] = action
        self._drop(action)

    @property
    def failures(self) -> tuple[UndoFailure, ...]:
        return tuple(UndoFailure(undo.name, undo.failure) for undo in self.done.values() if undo.failure)

    def _drop(self, action: Undo) -> None:
        self.waiting.pop(id(action), None)
