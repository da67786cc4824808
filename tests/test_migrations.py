"""The migrations make what the models say, on each database, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from app import create_app
from deployment.database import db
from deployment.models import Installation
from deployment.parts import parts_of
from settings import launcher_settings

MIGRATIONS = str(Path(__file__).resolve().parents[1] / "migrations")


@pytest.fixture
def empty(bare_database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database without tables."""
    chosen = {"airlock_data": tmp_path, "secret_key": "test", "redis_url": "redis://h", "database_url": bare_database_url}
    app = create_app(launcher_settings(**chosen))
    with app.app_context():
        yield app
        db.session.remove()
        parts_of(app).database.dispose()


def _tables() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names())


def test_the_migrations_make_what_the_models_say(empty: Flask) -> None:
    """`flask db check` compares columns, types, indexes and constraints."""
    flask_migrate.upgrade(MIGRATIONS)
    flask_migrate.check(MIGRATIONS)
    assert _tables() == set(db.metadata.tables) | {"alembic_version"}


def test_a_second_release_changes_nothing_and_keeps_the_rows(empty: Flask) -> None:
    flask_migrate.upgrade(MIGRATIONS)
    flask_migrate.upgrade(MIGRATIONS)
    assert db.session.scalars(sa.select(Installation.id)).all() == [1]


def test_they_can_be_taken_back_and_made_again(empty: Flask) -> None:
    flask_migrate.upgrade(MIGRATIONS)
    flask_migrate.downgrade(MIGRATIONS, revision="base")
    assert _tables() <= {"alembic_version"}
    flask_migrate.upgrade(MIGRATIONS)
    flask_migrate.check(MIGRATIONS)


def test_check_constraints_are_the_same(empty: Flask) -> None:
    """They are what forbids a live row without a lease, and `flask db check` does not look at them."""
    flask_migrate.upgrade(MIGRATIONS)
    found = {
        (table, str(check["name"]))
        for table in _tables()
        for check in sa.inspect(db.engine).get_check_constraints(table)
    }
    meant = {
        (table.name, str(constraint.name))
        for table in db.metadata.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint) and constraint.name
    }
    assert meant
    assert found == meant


def test_a_model_that_no_migration_knows_is_noticed(empty: Flask) -> None:
    flask_migrate.upgrade(MIGRATIONS)
    table = sa.Table("forgotten", db.metadata, sa.Column("id", sa.Integer, primary_key=True))
    try:
        with pytest.raises(SystemExit):
            flask_migrate.check(MIGRATIONS)
    finally:
        db.metadata.remove(table)
