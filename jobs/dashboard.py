"""rq-dashboard at `/rq`, for administrators of the installation: what RQ itself sees, made safe to look at.

As it comes (0.9.0) it unpickles what it finds in Redis, shows it unescaped, changes by GET, asks for no token, and
tidies up as it reads. The row is the truth: whatever is pressed here, a claim refuses what its row does not want, and
the reconciler enqueues what is missing.
"""

from __future__ import annotations

import secrets
import zlib
from functools import partial
from typing import Any, cast

from flask import Flask, Response, current_app, g, request, url_for
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from redis import Redis, RedisError, ResponseError
from rq.exceptions import DeserializationError, InvalidJobOperation, NoSuchJobError
from rq.job import Job, requeue_job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.worker import Worker
from rq_dashboard import web

from deployment.api.errors import refused, unavailable
from deployment.console.people import require
from deployment.models import Role

PREFIX = "/rq"
CHANGES = {"delete_job_view", "requeue_job_view", "requeue_all", "empty_queue", "compact_queue"}
"""Its views that change something; one of them takes a GET, too."""
SHOWN_AS = "the queue"
"""Instead of the address of Redis."""
TEMPLATE = "<%="
"""How underscore.js writes a value as it is, and `<%-` escaped."""
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Its own scripts stand in its pages, and compile templates; what comes from Redis is neither."""


UNREADABLE = (DeserializationError, ValueError, KeyError, zlib.error)
"""What a job raises that nobody can read."""


IMPOSSIBLE = (InvalidJobOperation, DeserializationError, zlib.error, ResponseError)
"""The last one is what RQ gets that compacts a queue which is empty."""


class JsonJob(Job):
    """A job that is read as JSON: whoever can write to Redis must not run code here."""

    @classmethod
    def fetch(cls, id: str, connection: Redis | None = None, serializer: Any = None) -> Job:  # noqa: ARG003
        return super().fetch(id, connection=connection, serializer=JSONSerializer)

    def latest_result(self, timeout: int = 0) -> Any:
        """None, too, where nobody can read it: one such job must not hide all others."""
        try:
            return super().latest_result(timeout)
        except UNREADABLE:
            return None


class LookedAt(Queue):
    """A queue from which nothing is removed because its job cannot be found."""

    job_class = JsonJob

    def fetch_job(self, job_id: str) -> Job | None:
        try:
            job = JsonJob.fetch(job_id, self.connection)
        except (NoSuchJobError, *UNREADABLE):
            return None
        return job if job.origin == self.name else None


class Present(Worker):
    """Workers, of whom none is forgotten because it is looked for."""

    @classmethod
    def all(cls, connection: Redis, **_: Any) -> list[Worker]:  # type: ignore[override]
        keys = [key.decode() for key in cast("set[bytes]", connection.smembers(cls.redis_workers_keys))]
        there = [key for key in keys if connection.exists(key)]
        found = [cls.find_by_key(key, connection, JsonJob, LookedAt, JSONSerializer) for key in there]
        return [worker for worker in found if isinstance(worker, Worker)]


web.config.serializer = JSONSerializer
web.Job, web.Queue, web.Worker = JsonJob, LookedAt, Present
web.requeue_job = partial(requeue_job, serializer=JSONSerializer)
web.from_url = lambda *_args, **_options: (None, current_app.redis_conn)  # type: ignore[attr-defined]


def register(app: Flask, redis: Redis) -> None:
    """Give `app` the dashboard, on a connection of ours: it would make one for each request."""
    app.redis_conn = redis  # type: ignore[attr-defined]
    app.config["RQ_DASHBOARD_REDIS_URL"] = (SHOWN_AS,)
    app.register_blueprint(web.blueprint, url_prefix=PREFIX)


def _let_in() -> Response | None:
    """Before anything of the dashboard, its files included."""
    turned_away = require(Role.ADMINISTRATOR, of_all=True)
    if turned_away is not None:
        return turned_away
    if (request.view_args or {}).get("instance_number", 0) != 0:
        raise refused(404, "not_found", "There is one queue.")
    if str(request.endpoint).rpartition(".")[2] in CHANGES:
        if request.method != "POST":
            raise refused(405, "method_not_allowed", "Nothing is changed by looking at it.", Allow="POST")
        cast(CSRFProtect, current_app.extensions["csrf"]).protect()
    g.nonce = secrets.token_urlsafe(16)
    return None


def _made_safe(reply: Response) -> Response:
    """Values are escaped where they are put into a page, and scripts run by their nonce alone."""
    if reply.mimetype == "text/html" and not reply.direct_passthrough and "nonce" in g:
        text = reply.get_data(as_text=True).replace(TEMPLATE, "<%-")
        text = text.replace('<script type="text/javascript">', f'{_forms()}<script nonce="{g.nonce}">')
        reply.set_data(text)
    reply.headers["Content-Security-Policy"] = POLICY.format(nonce=g.get("nonce", ""))
    reply.headers["Referrer-Policy"] = "same-origin"
    return reply


def _forms() -> str:
    """What sends the token of this session with each request that changes something."""
    source = url_for("console.static", filename="rq.js")
    return f'<script src="{source}" data-token="{generate_csrf()}"></script>\n'


def _refusal(error: Exception) -> Response:
    if isinstance(error, RedisError) and not isinstance(error, ResponseError):
        told = unavailable("the queue", error)
    elif isinstance(error, IMPOSSIBLE):
        told = refused(409, "conflict", "RQ does not do that: the job has not failed, or nobody can read it.")
    else:
        told = refused(404, "not_found", "There is no such job, or page, here.")
    return cast(Response, current_app.handle_user_exception(told))


web.blueprint.before_request_funcs.setdefault(None, []).insert(0, _let_in)
web.blueprint.after_request(_made_safe)
for _kind in (RedisError, NoSuchJobError, InvalidJobOperation, UnboundLocalError, *UNREADABLE):
    web.blueprint.register_error_handler(_kind, _refusal)
