"""The migrations make what the models say, on each database, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from app import create_app
from deployment.clock import utcnow
from deployment.database import db
from deployment.models import Execution, ExecutionLabel, Installation, WebhookEndpoint
from deployment.parts import parts_of
from settings import launcher_settings

MIGRATIONS = str(Path(__file__).resolve().parents[1] / "migrations")
BEFORE_FORGETTING = "482725c7ac99"
RECEIVER = "https://example.com/hook"


@pytest.fixture
def empty(bare_database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database without tables."""
    chosen = {
        "airlock_data": tmp_path,
        "secret_key": "test",
        "redis_url": "redis://h",
        "database_url": bare_database_url,
    }
    app = create_app(launcher_settings(**chosen), answers=False)  # as `flask db upgrade` makes it
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


def test_a_release_keeps_the_runs_that_there_are(empty: Flask) -> None:
    """They are forgotten, found by their tags, and told to the same receiver; and all of it can be taken back."""
    flask_migrate.upgrade(MIGRATIONS, revision=BEFORE_FORGETTING)
    run, file = _store_a_purged_run()
    flask_migrate.upgrade(MIGRATIONS)
    with parts_of(empty).database.reading() as session:
        execution = session.get_one(Execution, run)
        assert execution.forget_at is not None
        assert execution.forget_at > utcnow()
        assert [(each.id, each.retries, each.retry_at) for each in execution.files] == [(file, 0, None)]
        assert set(session.scalars(sa.select(ExecutionLabel.value))) == {"invoice", "a.txt"}
        assert session.scalars(sa.select(WebhookEndpoint.url)).all() == [RECEIVER]
    flask_migrate.downgrade(MIGRATIONS, revision=BEFORE_FORGETTING)
    assert db.session.scalar(sa.text("SELECT count(*) FROM log_line")) == 1
    assert db.session.scalar(sa.text("SELECT webhook_url FROM deployment")) == RECEIVER
    db.session.rollback()
    flask_migrate.upgrade(MIGRATIONS)
    flask_migrate.check(MIGRATIONS)


def _store_a_purged_run() -> tuple[UUID, UUID]:
    """As the tables were then."""
    then, run, file, owner = utcnow() - timedelta(days=8), uuid4(), uuid4(), uuid4()
    rows: dict[str, dict[str, Any]] = {
        "organization": {"id": owner, "name": "acme", "created_at": then},
        "deployment": {
            "id": owner,
            "organization_id": owner,
            "name": "text",
            "workflow": "extract-text",
            "options": {},
            "single_use": False,
            "active": True,
            "webhook_url": RECEIVER,
            "created_at": then,
        },
        "execution": {
            "id": run,
            "organization_id": owner,
            "deployment_id": owner,
            "workflow": "extract-text",
            "workflow_version": "1",
            "options": {},
            "tags": ["invoice"],
            "custom_data": {},
            "status": "COMPLETED",
            "ended_by": "worker",
            "guard_token": "t",
            "total_files": 1,
            "open_files": 0,
            "cleanup_tries": 0,
            **dict.fromkeys(("created_at", "ended_at", "deadline_at", "expires_at", "purged_at"), then),
        },
        "execution_file": {
            "id": file,
            "execution_id": run,
            "ordinal": 0,
            "name": "a.txt",
            "size": 1,
            "sha256": "0" * 64,
            "status": "SUCCESS",
            "ended_at": then,
            **dict.fromkeys(("attempt", "losses", "dispatch"), 1),
        },
        "log_line": {"execution_id": run, "file_id": file, "at": then, "level": "INFO", "message": "Succeeded"},
    }
    for name, row in rows.items():
        models = db.metadata.tables[name].columns
        known = [sa.Column(column, models[column].type if column in models else sa.Text()) for column in row]
        db.session.execute(sa.Table(name, sa.MetaData(), *known).insert().values(**row))
    db.session.commit()
    return run, file


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
