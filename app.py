"""Airlock's application: reads the settings and wires the parts. Nothing happens at import."""

from __future__ import annotations

import gc

gc.disable()  # a fifth of each start: what imports make stays (docs/decisions/imports-collect-nothing.md)

import sqlalchemy as sa
from flask import Flask
from flask_migrate import Migrate
from flask_openapi3 import OpenAPI
from redis import Redis
from werkzeug.middleware.proxy_fix import ProxyFix

import error_reports
import logs
from deployment import api, cli, console, tracing
from deployment.api.documents import document
from deployment.counted_store import CountedStore
from deployment.database import BUSY_SECONDS, Database, OnChange, db, engine_options
from deployment.executions import ended_among
from deployment.ledger import ExecutionLedger
from deployment.parts import Parts, install
from deployment.tallies import Tallies
from jobs import commands, connections, dashboard
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


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application. Connects to nothing: each process opens connections of its own when it needs them."""
    settings = settings or read_settings()
    logs.configure(settings.log_format)
    _switch_on_extras(settings)
    app = OpenAPI(__name__, **document.SETTINGS)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(sa.make_url(settings.database)),
        AIRLOCK=settings,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops, hops, hops)  # type: ignore[method-assign]
    db.init_app(app)
    Migrate(app, db, render_as_batch=True, compare_type=True)
    redis = connections.dispatching(settings.redis_url, verify_tls=settings.redis_tls_verify)
    install(app, make_parts(app, settings, redis))
    api.register(app, console.page_for_people)
    console.register(app, ("rq_dashboard.queues_overview", "Queue", True))
    cli.register(app)
    commands.register(app)
    dashboard.register(app, redis)
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
        limiter=CountingLimiter.on(announcing, settings.redis_url),
        workflows=registry,
    )


def _marking(url: str, on_change: OnChange, tallies: Tallies) -> Database:
    """A small pool for the guard alone, with locks that are not waited for as long."""
    options = engine_options(sa.make_url(url), min(MARKING_SECONDS, BUSY_SECONDS))
    return Database(sa.create_engine(sa.make_url(url), pool_size=2, max_overflow=2, **options), on_change, tallies)
