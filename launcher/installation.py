"""A whole installation on one machine: queue, database, web and worker, started in this order, ended in reverse."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

import httpx

from jobs.connections import working
from jobs.queue import worker_births
from launcher.part import HERE, Part, PartFailed
from launcher.valkey import EmbeddedValkey, free_port, write_private
from settings import Settings, embedded_settings

BIN = Path(sys.executable).parent
STOP_SECONDS = 28
"""What all parts together get to end by themselves: a file in work is ended, or handed back."""


class Installation:
    """Runs while the block runs. `environment` is what our commands need to reach it."""

    def __init__(self, settings: Settings, output: IO[bytes] | None = None) -> None:
        self._settings, self._output = settings, output
        self._parts: list[Part] = []
        self._folder = embedded_settings(settings.airlock_data)
        self._port = settings.port or free_port()
        self.environment = {
            **os.environ,
            "AIRLOCK_DATA": str(settings.airlock_data.absolute()),
            "PORT": str(self._port),
            "DATABASE_URL": settings.database,
            "STORAGE_URL": settings.storage,
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        }

    @property
    def url(self) -> str:
        return f"http://{self._settings.host}:{self._port}"

    def __enter__(self) -> Installation:
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def watch(self) -> None:
        """Wait for a part to end, which none should; raises `PartFailed` naming it."""
        while True:
            for part in self._parts:
                if part.ended:
                    raise PartFailed(f"{part.name} ended with status {part.process.returncode}; ending the rest")
            time.sleep(0.2)

    def _start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _locked(self._folder / "lock")
        _check_port(self._settings.host, self._port)
        self.environment["SECRET_KEY"] = self._settings.secret_key or self._kept_secret()
        if not self._settings.redis_url:
            self._start_valkey()
        self._migrate()
        self._start_web()
        self._start_worker()

    def _kept_secret(self) -> str:
        file = self._folder / "secret_key"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(32))
        return file.read_text()

    def _start_valkey(self) -> None:
        valkey = EmbeddedValkey(self._settings.airlock_data.absolute() / "valkey")
        self._add("valkey", valkey.command()).await_ready(valkey.answers)
        self.environment["REDIS_URL"] = valkey.url
        write_private(self._folder / "redis_url", valkey.url)

    def _migrate(self) -> None:
        done = subprocess.run(
            ["flask", "db", "upgrade"], cwd=HERE, env=self.environment, capture_output=True, text=True
        )
        if done.returncode:
            raise PartFailed(f"flask db upgrade failed:\n{done.stdout}{done.stderr}")

    def _start_web(self) -> None:
        web = self._add("web", ["gunicorn", "app:create_app()"])
        web.await_ready(lambda: _answers(f"{self.url}/readyz"))

    def _start_worker(self) -> None:
        started, settings = time.time(), self._settings
        worker = self._add("worker", ["flask", "worker"])
        with working(self.environment["REDIS_URL"], verify_tls=settings.redis_tls_verify) as redis:
            worker.await_ready(lambda: sum(born >= started for born in worker_births(redis)) >= settings.workers)

    def _add(self, name: str, command: Sequence[str]) -> Part:
        part = Part(name, command, self.environment, self._output)
        self._parts.append(part)
        return part

    def _end(self) -> None:
        """The worker first: it hands back while the database and the queue still answer."""
        ends = time.monotonic() + STOP_SECONDS
        while self._parts:
            self._parts.pop().stop(ends)
        (self._folder / "redis_url").unlink(missing_ok=True)


def _locked(file: Path) -> IO[str]:
    """The lock of a data folder: two installations on one would take each other's files away."""
    lock = file.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PartFailed(f"Airlock runs already on {file.parent.parent}; set AIRLOCK_DATA to another folder") from None
    return lock


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PartFailed(f"PORT: {host}:{port} cannot be bound ({error.strerror}); choose another one") from None


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False
