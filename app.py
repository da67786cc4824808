"""Airlock's application: reads the settings and wires the parts. Nothing happens at import."""

from __future__ import annotations

import gc

gc.disable()  # a fifth of each start: what imports make stays (docs/decisions/imports-collect-nothing.md)

import click
import sqlalchemy as sa
from flask import Flask
from redis import Redis

import error_reports
import logs
from deployment import cli, tracing
from deployment.counted_store import CountedStore
from deployment.database import BUSY_SECONDS, Database, OnChange, db, engine_options
from deployment.executions import ended_among
from deployment.ledger import ExecutionLedger
from deployment.parts import Parts, install
from deployment.tallies import Tallies
from jobs import commands, connections
from jobs.last_words import RedisLastWords
from jobs.limiter import CountingLimiter
from jobs.queue import RqDispatcher
from jobs.wakeups import RedisWakeups
from settings import InvalidSettings, Settings, read_settings
from storage import InvalidStorageUrl, open_store
from workflows import InvalidWorkflows, Registry

gc.freeze()  # to look through them once, now or at the end, is a tenth of each start
gc.enable()

MARKING_SECONDS = 5
"""How long the guard's mark waits for a lock: a caller waits for it, and the reconciler stands behind it."""
ANSWERING = ("run", "shell", "routes")
"""Flask's own commands that need the faces over HTTP; ours do not, and start a quarter sooner without."""


def create_app(settings: Settings | None = None, *, answers: bool | None = None) -> Flask:
    """Make the application. Connects to nothing: each process opens connections of its own when it needs them.

    `answers` says whether it has the faces over HTTP. If it is not told, all but a command's application have them.
    """
    settings = settings or read_settings()
    logs.configure(settings.log_format)
    _switch_on_extras(settings)
    redis = connections.dispatching(settings.redis_url, verify_tls=settings.redis_tls_verify)
    if not (_is_to_answer() if answers is None else answers):
        return _let_migrate(_wire(Flask(__name__), settings, redis))
    import web

    app = web.make(__name__)
    _wire(app, settings, redis)
    web.register(app, redis)
    return app


def _is_to_answer() -> bool:
    command = click.get_current_context(silent=True)
    return command is None or command.info_name in ANSWERING


def _wire(app: Flask, settings: Settings, redis: Redis) -> Flask:
    """Give `app` what each process works with, and its commands."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(sa.make_url(settings.database)),
        AIRLOCK=settings,
    )
    db.init_app(app)
    install(app, make_parts(app, settings, redis))
    cli.register(app)
    commands.register(app)
    return app


def _let_migrate(app: Flask) -> Flask:
    """Let `flask db` find what it works on. A server has no use for it, nor for the 0.1 s that Alembic takes."""
    from flask_migrate import Migrate

    Migrate(app, db, render_as_batch=True, compare_type=True)
    return app


def _switch_on_extras(settings: Settings) -> None:
    """What is not installed with the rest, and switched on by the environment."""
    try:
        if settings.sentry_dsn:
            error_reports.switch_on(settings.sentry_dsn)
        if tracing.wanted():
            tracing.switch_on()
    except (error_reports.ExtraMissing, tracing.ExtraMissing) as error:
        raise InvalidSettings(str(error)) from None


def make_parts(app: Flask, settings: Settings, redis: Redis) -> Parts:
    """What `app` works with; `redis` is the connection that dispatches."""
    policy = settings.policy()
    last_words = RedisLastWords(redis)
    announcing = connections.announcing(settings.redis_url, verify_tls=settings.redis_tls_verify)
    wakeups = RedisWakeups(announcing, lambda execution_ids: ended_among(database, execution_ids))
    tallies = Tallies()
    with app.app_context():
        database = Database(db.engine, wakeups.publish, tallies)
    try:
        registry, store = Registry(), open_store(settings.storage)
        registry.load(settings.workflows)
    except (InvalidStorageUrl, InvalidWorkflows) as error:
        raise InvalidSettings(str(error)) from None
    return Parts(
        policy=policy,
        database=database,
        ledger=ExecutionLedger(_marking(settings.database, wakeups.publish, tallies), policy, last_words),
        store=CountedStore(store, tallies),
        dispatcher=RqDispatcher(redis, lambda operation: tallies.count("queue_errors", operation=operation)),
        last_words=last_words,
        wakeups=wakeups,
        limiter=CountingLimiter(announcing, settings.redis_url),
        workflows=registry,
    )


def _marking(url: str, on_change: OnChange, tallies: Tallies) -> Database:
    """A small pool for the guard alone, with locks that are not waited for as long."""
    options = engine_options(sa.make_url(url), min(MARKING_SECONDS, BUSY_SECONDS))
    return Database(sa.create_engine(sa.make_url(url), pool_size=2, max_overflow=2, **options), on_change, tallies)
