"""A whole installation on one machine: queue, database, web and worker, started in this order, ended in reverse."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from subprocess import PIPE
from types import TracebackType
from typing import IO
from urllib.parse import urlsplit

from redis import Redis, RedisError

from jobs.connections import working
from jobs.queue import worker_births
from launcher.embedded import EmbeddedFolder
from launcher.part import Part, PartFailed, finish
from launcher.stopping import stop_if_told
from launcher.valkey import EmbeddedValkey, free_port
from settings import Settings

BIN = Path(sys.executable).parent
STOP_SECONDS = 28
"""What all parts together get to end by themselves: a file in work is ended, or handed back."""


class Installation:
    """Runs while the block runs. `environment` is what our commands need to reach it.

    `welcome` is told name and password of the console's first user as soon as it is made: whatever dies afterwards,
    no later start knows them.
    """

    def __init__(
        self,
        settings: Settings,
        output: IO[bytes] | None = None,
        welcome: Callable[[str, str], None] = lambda _name, _password: None,
    ) -> None:
        settings = settings.model_copy(update={"port": settings.port or free_port()})
        self._settings, self._output, self._welcome = settings, output, welcome
        self._parts: list[Part] = []
        self._folder = EmbeddedFolder(settings.airlock_data.absolute())
        self._told = {
            **_as_text(settings),
            "port": str(settings.port),
            "host": settings.host,
            "database_url": settings.database,
            "storage_url": settings.storage,
        }

    @property
    def url(self) -> str:
        return self._settings.local_url

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **{name.upper(): value for name, value in self._told.items()},
            "AIRLOCK_DATA": str(self._settings.airlock_data.absolute()),
            "FLASK_APP": "app:create_app",
            "FLASK_SKIP_DOTENV": "1",  # else `flask` would read a file that gunicorn does not
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        }

    def __enter__(self) -> Installation:
        with ExitStack() as started:
            started.enter_context(self._folder)
            started.callback(self._end)
            self._start()
            self._started = started.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._started.close()

    def watch(self) -> None:
        """Wait for a part to end, which none should; raises `PartFailed` naming it."""
        while True:
            stop_if_told()
            for part in self._parts:
                if part.ended:
                    raise PartFailed(f"{part.name} ended with status {part.process.returncode}; ending the rest")
            time.sleep(0.2)

    def _start(self) -> None:
        _check_port(self._settings.host, self._settings.port)
        self._told["secret_key"] = self._settings.secret_key or self._folder.secret_key()
        if not self._settings.redis_url:
            self._start_valkey()
        self._prepare()
        self._start_web_and_worker()
        self._folder.tell(**self._told)

    def _start_valkey(self) -> None:
        valkey = EmbeddedValkey(self._settings.airlock_data.absolute() / "valkey")
        self._told["redis_url"] = valkey.url
        self._add("valkey", valkey.command()).await_ready(valkey.lacking)

    def _prepare(self) -> None:
        done = finish([sys.executable, "-m", "launcher.prepare"], self.environment, stdout=PIPE, stderr=PIPE)
        if done.returncode:
            raise PartFailed(f"{done.stdout}{done.stderr}the database could not be prepared; check DATABASE_URL")
        user = json.loads(done.stdout.splitlines()[-1])
        if user["name"]:
            self._welcome(user["name"], user["password"])

    def _start_web_and_worker(self) -> None:
        """Both at once, since each takes a second to import what it needs."""
        started = time.time()
        web = self._add("web", ["gunicorn", "app:create_app()"])
        worker = self._add("worker", ["flask", "worker"])
        web.await_ready(lambda: _unready(self.url))
        with working(self._told["redis_url"], verify_tls=self._settings.redis_tls_verify) as redis:
            worker.await_ready(lambda: _workers_lacking(redis, started, self._settings.workers))

    def _add(self, name: str, command: Sequence[str]) -> Part:
        part = Part(name, command, self.environment, self._output)
        self._parts.append(part)
        return part

    def _end(self) -> None:
        """The worker first: it hands back while the database and the queue still answer."""
        ends = time.monotonic() + STOP_SECONDS
        while self._parts:
            self._parts.pop().stop(ends)


def _as_text(settings: Settings) -> dict[str, str]:
    """What was chosen and is not a default, as the environment would say it."""
    chosen = {name: getattr(settings, name) for name in settings.model_fields_set - {"airlock_data"}}
    return {name: ",".join(value) if isinstance(value, tuple) else str(value) for name, value in chosen.items()}


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PartFailed(f"PORT: {host}:{port} cannot be bound ({error.strerror}); choose another one") from None


def _unready(url: str) -> str:
    """What `/readyz` says is lacking. No proxy of the environment stands between us and it."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", "/readyz")
        reply = connection.getresponse()
        told = reply.read().decode(errors="replace").strip()
    except (OSError, HTTPException) as error:
        return str(error)
    finally:
        connection.close()
    return "" if reply.status == 200 else told


def _workers_lacking(redis: Redis, since: float, wanted: int) -> str:
    try:
        there = sum(born >= since for born in worker_births(redis))
    except RedisError as error:
        return str(error)
    return "" if there >= wanted else f"{there} of {wanted} workers"
