"""Before a worker forks, the statements that end a file are compiled, and nothing is left of the rehearsal."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from deployment.claims import Claims
from deployment.database import db
from deployment.dispatch import Ticket
from deployment.execute import execute
from deployment.models import Installation
from deployment.parts import parts_of
from deployment.rehearsal import compile_statements
from tests.airlock import Airlock

WORKER = "test"


@pytest.fixture
def rehearsed(new_app: Callable[..., Flask], database_url: str, redis_url: str) -> Airlock:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url))
    compile_statements(airlock.parts.database, airlock.parts.policy)
    return airlock


def test_a_work_horse_that_succeeds_compiles_nothing(rehearsed: Airlock, caplog: pytest.LogCaptureFixture) -> None:
    file = rehearsed.run(rehearsed.accept()).files[0]
    ticket = Ticket(file.execution_id, file.id, 1, 1)
    assert Claims(rehearsed.parts, WORKER).claim(ticket) is not None
    with caplog.at_level(logging.INFO, "sqlalchemy.engine"):
        execute(rehearsed.parts, ticket, WORKER)
        rehearsed.parts.tallies.flush(rehearsed.parts.database)
    said = [record.getMessage() for record in caplog.records]
    compiled = [before for before, line in itertools.pairwise(said) if line.startswith("[generated in")]
    assert (rehearsed.run(file.execution_id).status, compiled) == ("COMPLETED", [])


def _count(table: sa.Table) -> sa.Select[int]:
    return sa.select(sa.func.count()).select_from(table)


def test_a_rehearsal_leaves_no_row(new_app: Callable[..., Flask], database_url: str, redis_url: str) -> None:
    parts = parts_of(new_app(database_url=database_url, redis_url=redis_url))
    compile_statements(parts.database, parts.policy)
    with parts.database.reading() as session:
        counted = {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table))
            for table in db.metadata.tables.values()
        }
    assert counted == dict.fromkeys(counted, 0) | {Installation.__tablename__: 1}


def test_a_database_that_is_away_only_makes_the_first_files_slower(rehearsed: Airlock) -> None:
    rehearsed.parts.database.dispose()
    with rehearsed.parts.database.writing() as session:
        session.execute(sa.text("DROP TABLE log_line"))
    compile_statements(rehearsed.parts.database, rehearsed.parts.policy)
