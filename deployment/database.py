"""The database: the declarative base, and short transactions that say whether they write.

No transaction of ours spans an upload, a storage call or a Redis call. What is stored is in `models`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Session, registry

from deployment import postgres, sqlite
from deployment.instants import UtcDateTime
from deployment.tallies import Tallies

BUSY_SECONDS = 10
"""How long a transaction waits for another one's lock before it fails."""
BACKENDS = {"sqlite": sqlite, "postgresql": postgres}

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table inherits: constraint names that migrations can refer to, and how instants are stored."""

    registry = registry(metadata=sa.MetaData(naming_convention=NAMES), type_annotation_map={datetime: UtcDateTime})


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


OnChange = Callable[[Sequence[UUID]], None]
CHANGED, COUNTED = "changed", "counted"


def note_change(session: Session, execution_id: UUID) -> None:
    """This transaction, if it is committed, changes how that run or one of its files stands."""
    session.info.setdefault(CHANGED, {})[execution_id] = True


def note_count(session: Session, name: str, **labels: str) -> None:
    """This transaction, if it is committed, is something to count."""
    session.info.setdefault(COUNTED, []).append(lambda tallies: tallies.count(name, **labels))


def note_seconds(session: Session, name: str, seconds: float) -> None:
    """The same for an observation of a histogram."""
    session.info.setdefault(COUNTED, []).append(lambda tallies: tallies.observe(name, seconds))


class Database:
    """Short transactions on one engine: `reading` and `writing`.

    `on_change` is called after each commit that has changed how runs stand, with their ids.
    """

    def __init__(self, engine: sa.Engine, on_change: OnChange = lambda _: None, tallies: Tallies | None = None) -> None:
        self.engine, self._on_change, self.tallies = engine, on_change, tallies or Tallies()
        backend = BACKENDS[engine.dialect.name]
        backend.prepare(engine)
        self._reader = engine.execution_options(**backend.READING)
        self._writer = engine.execution_options(**backend.WRITING)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Statements that only look: on SQLite in one transaction, on PostgreSQL each for itself."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that is committed at the end of the block, and rolled back by an exception."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session
        for count in session.info.get(COUNTED, ()):
            count(self.tallies)
        if changed := session.info.get(CHANGED):
            self._on_change(list(changed))

    def beside(self, patience: int) -> Database:
        """The same database on one connection of its own, which waits `patience` seconds for locks and answers."""
        options = engine_options(self.engine.url, patience, patience)
        engine = sa.create_engine(self.engine.url, pool_size=1, max_overflow=0, **options)
        return Database(engine, self._on_change, self.tallies)

    def dispose(self, *, close: bool = True) -> None:
        """Drop the pool. A child of a fork passes `close=False`: the connections are its parent's."""
        self.engine.dispose(close=close)


def engine_options(
    url: sa.URL, busy_seconds: int = BUSY_SECONDS, statement_seconds: int = postgres.STATEMENT_SECONDS
) -> dict[str, Any]:
    """Options for `create_engine` under which nothing waits for ever and no error tells a caller's data."""
    options = BACKENDS[url.get_backend_name()].options(busy_seconds, statement_seconds)
    return {**options, "hide_parameters": True}  # an error's text goes into logs and into RQ
