"""Wrappers around real parts that do something at a chosen moment: raise, or take a server away."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from deployment.dispatch import Dispatcher, Ticket
from deployment.parts import install, parts_of
from storage import ObjectStore

Act = Callable[[], object]


def replace_parts(app: Flask, **parts: Any) -> None:
    """Let `app` work with other parts from now on."""
    install(app, dataclasses.replace(parts_of(app), **parts))


class _Before:
    """A store that calls `act` before the `nth` call of one method, and is the real one in everything else."""

    method: str

    def __init__(self, store: ObjectStore, act: Act, nth: int = 1) -> None:
        self._store, self._act, self._nth, self._calls = store, act, nth, 0

    def __getattr__(self, name: str) -> Any:
        return self._watched if name == self.method else getattr(self._store, name)

    def _watched(self, *args: Any) -> Any:
        self._calls += 1
        if self._calls == self._nth:
            self._act()
        return getattr(self._store, self.method)(*args)


class BeforePut(_Before):
    method = "put"


class BeforeCopy(_Before):
    method = "copy"


class AroundEnqueue:
    """A dispatcher that calls `before` and `after` around each real enqueue."""

    def __init__(self, dispatcher: Dispatcher, before: Act = lambda: None, after: Act = lambda: None) -> None:
        self._dispatcher, self._before, self._after = dispatcher, before, after

    def enqueue(self, tickets: Iterable[Ticket]) -> None:
        self._before()
        self._dispatcher.enqueue(tickets)
        self._after()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dispatcher, name)


def raising(error: BaseException) -> Act:
    """An act that raises `error`."""

    def act() -> None:
        raise error

    return act
