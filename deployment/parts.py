"""The parts that the domain works with; `app.py` makes them, tests may make others."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app

from deployment.database import Database
from deployment.dispatch import Dispatcher
from deployment.last_words import LastWords
from deployment.ledger import ExecutionLedger
from deployment.limits import Limiter
from deployment.policy import Policy
from deployment.tallies import Tallies
from deployment.wakeups import Wakeups
from storage import ObjectStore
from workflows import Registry


@dataclass(frozen=True)
class Parts:
    """One of each. `database` serves requests and workers; the ledger has a connection of its own."""

    policy: Policy
    database: Database
    ledger: ExecutionLedger
    store: ObjectStore
    dispatcher: Dispatcher
    last_words: LastWords
    wakeups: Wakeups
    limiter: Limiter
    workflows: Registry

    @property
    def tallies(self) -> Tallies:
        """What this process counts."""
        return self.database.tallies

    def forget_connections(self) -> None:
        """In the child of a fork, first of all: connections in the pools, and what was counted, are the parent's."""
        for database in (self.database, self.ledger.database):
            database.dispose(close=False)
        self.tallies.forget()


EXTENSION = "airlock"


def install(app: Flask, parts: Parts) -> None:
    """Give the parts to an application."""
    app.extensions[EXTENSION] = parts


def parts_of(app: Flask) -> Parts:
    """The parts of `app`."""
    parts: Parts = app.extensions[EXTENSION]
    return parts


def current_parts() -> Parts:
    """The parts of the current application: how a view, a command or a task reaches them."""
    return parts_of(current_app)
