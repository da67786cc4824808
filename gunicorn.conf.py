"""The web server: settings that gunicorn reads by itself, wherever it is started in this folder."""

from __future__ import annotations

import gc

gc.disable()  # as in app.py, which is imported later

from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

import logs
from settings import read_settings

gc.freeze()
gc.enable()

_settings = read_settings()


class OurLines(Logger):  # type: ignore[misc]
    """Gunicorn's lines in our format, the master's first ones included."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True
        logs.configure(_settings.log_format)


logger_class = OurLines
bind = f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"
workers = _settings.web_concurrency
worker_class = "deployment.api.web_worker.WholeRequests"
"""gunicorn's `gthread`, whose threads get whole requests first."""
threads = _settings.web_threads
worker_connections = max(1000, 2 * threads)
"""A process takes no more connections than these: beyond its threads there is room for idle ones."""
preload_app = True
"""One import for all processes; making the app connects to nothing, so nothing is shared after the fork."""
timeout = 60
graceful_timeout = 25
"""A dyno is killed 30 s after its SIGTERM."""
keepalive = 5
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
"""In memory where there is such a folder: a heartbeat on a slow disk looks like death."""
control_socket_disable = True


def post_fork(server: Any, _worker: Any) -> None:
    """A web process dies with its master, however that died."""
    from jobs.parentage import die_with

    die_with(server.pid)


def post_worker_init(worker: Any) -> None:
    """Reconcile in web processes, too, so that it goes on while anything lives; who waits here is let go with it."""
    from deployment.api.waiting import room_of
    from deployment.parts import parts_of
    from jobs.clock import start_in_background

    start_in_background(parts_of(worker.wsgi))
    room_of(worker.wsgi).is_open = lambda: worker.alive
