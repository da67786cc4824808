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


class BeforePut:
    """A store that calls `act` before the `nth` put, and is the real one in everything else."""

    def __init__(self, store: ObjectStore, act: Act, nth: int = 1) -> None:
        self._store, self._act, self._nth, self._puts = store, act, nth, 0

    def put(self, key: str, source: Any) -> Any:
        self._puts += 1
        if self._puts == self._nth:
            self._act()
        return self._store.put(key, source)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class BeforeCopy:
    """A store that calls `act` before the `nth` copy, and is the real one in everything else."""

    def __init__(self, store: ObjectStore, act: Act, nth: int = 1) -> None:
        self._store, self._act, self._nth, self._copies = store, act, nth, 0

    def copy(self, source: str, key: str) -> None:
        self._copies += 1
        if self._copies == self._nth:
            self._act()
        self._store.copy(source, key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


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
