"""What every command shares beside its output: a part that fails is told in one sentence, not in a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import has_app_context
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from deployment.parts import current_parts
from guards import reason_of
from storage import StorageError

PARTS: dict[type[Exception], str] = {
    SQLAlchemyError: "The database",
    RedisError: "The queue",
    StorageError: "The storage",
}
MORE = "`flask doctor` examines every part."


class Command(click.Command):
    """A command that ends with status 1 and a sentence when the database, the queue or the storage fails."""

    def invoke(self, ctx: click.Context) -> Any:
        with _told_in_a_sentence():
            try:
                return super().invoke(ctx)
            finally:
                _flush()


class Group(click.Group):
    """A group of such commands."""

    command_class = Command


def command(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """`click.command`, of our class."""
    return click.command(name, cls=Command)


def group(name: str) -> Callable[[Callable[..., Any]], click.Group]:
    """`click.group`, of our class."""
    return click.group(name, cls=Group)


def _flush() -> None:
    """What the command has counted, before its process ends."""
    if has_app_context():
        parts = current_parts()
        parts.tallies.flush(parts.database)


@contextmanager
def _told_in_a_sentence() -> Iterator[None]:
    try:
        yield
    except tuple(PARTS) as error:
        part = next(name for kind, name in PARTS.items() if isinstance(error, kind))
        first_line = reason_of(error).partition("\n")[0]
        raise click.ClickException(f"{part} failed: {first_line}. {MORE}") from error
