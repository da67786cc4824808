"""The faces over HTTP, together: imported where requests are answered (docs/decisions/web-only-where-it-answers.md)."""

from __future__ import annotations

import gc

gc.disable()  # as in app.py

import limits.storage
import limits.strategies  # noqa: F401 - what counts requests (jobs/limiter.py) is there before the fork
from flask_openapi3 import OpenAPI
from redis import Redis
from werkzeug.middleware.proxy_fix import ProxyFix

from deployment import api, console
from deployment.api.documents import document
from jobs import dashboard

gc.freeze()
gc.enable()


def make(import_name: str) -> OpenAPI:
    """The application that collects the operations of `/openapi.json`."""
    return OpenAPI(import_name, **document.SETTINGS)


def register(app: OpenAPI, redis: Redis) -> None:
    """Give `app` both APIs, the console and the dashboard of the queue, which reads `redis`."""
    if hops := app.config["AIRLOCK"].trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops, hops, hops)  # type: ignore[method-assign]
    api.register(app, console.page_for_people)
    console.register(app, ("rq_dashboard.queues_overview", "Queue", True))
    dashboard.register(app, redis)
