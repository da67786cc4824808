"""The web server: settings that gunicorn reads by itself, wherever it is started in this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import logs
from settings import read_settings

_settings = read_settings()
logs.configure(_settings.log_format)

bind = f"{_settings.host}:{_settings.port}"
workers = _settings.web_concurrency
worker_class = "gthread"
threads = _settings.web_threads
timeout = 60
graceful_timeout = 25
"""A dyno is killed 30 s after its SIGTERM."""
keepalive = 5
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
"""In memory where there is such a folder: a heartbeat on a slow disk looks like death."""
control_socket_disable = True
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {
        name: {"handlers": [], "propagate": True, "level": "INFO"} for name in ("gunicorn.error", "gunicorn.access")
    },
}


def post_fork(server: Any, _worker: Any) -> None:
    """A web process dies with its master, however that died."""
    from jobs.parentage import die_with

    die_with(server.pid)


def post_worker_init(worker: Any) -> None:
    """Reconcile in web processes, too, so that it goes on while anything lives."""
    from deployment.parts import parts_of
    from jobs.clock import start_in_background

    start_in_background(parts_of(worker.wsgi))
