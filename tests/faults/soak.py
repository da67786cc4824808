"""`make soak`: clients submit while processes and servers are killed at random; then every promise is checked.

`SOAK_MINUTES` (2) says how long. Short leases, so that many rescues fit in; a real PostgreSQL, Valkey and S3.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from uuid import UUID

import httpx
import psutil

from app import create_app
from launcher.part import Part
from settings import launcher_settings
from tests.airlock import Airlock
from tests.eventually import eventually
from tests.faults.promises import broken_promises
from tests.servers.postgres import Postgres
from tests.servers.postgres_binaries import postgres_binaries
from tests.servers.process import free_port
from tests.servers.rclone import RcloneS3, rclone_binary
from tests.servers.valkey import Valkey, valkey_binary

MINUTES = float(os.environ.get("SOAK_MINUTES", "2"))
CLIENTS = 4
PAUSE = (0.5, 3.0)
"""Seconds between two kills."""
RECOVERY_SECONDS = 90
SHORT = {"LEASE_SECONDS": "2", "RECONCILE_SECONDS": "0.5", "CLOCK_SKEW_SECONDS": "0", "CLEANUP_GRACE": "4"}


@dataclass
class Tally:
    """What happened; printed at the end."""

    submitted: int = 0
    accepted: dict[UUID, str] = field(default_factory=dict)
    """Each accepted run, and the text that its result must have."""
    replies: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)


class Site:
    """All processes of an installation, and the servers below it; what is killed is started again."""

    def __init__(self, folder: Path, output: IO[bytes], postgres: Postgres, valkey: Valkey, s3: RcloneS3) -> None:
        self.valkey, self.s3, self.output = valkey, s3, output
        self.port = free_port()
        self.environment = {
            **os.environ,
            **SHORT,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "AIRLOCK_DATA": str(folder),
            "DATABASE_URL": postgres.url(),
            "REDIS_URL": valkey.url,
            "STORAGE_URL": s3.fresh_bucket(),
            "SECRET_KEY": "soak",
            "PORT": str(self.port),
            "ORG_CONCURRENCY": "50",
        }
        self.commands = {"web": ["gunicorn", "app:create_app()"], "worker": ["flask", "worker"]}
        self.parts: dict[str, Part] = {}

    def start(self) -> None:
        """Start what does not run."""
        for name, command in self.commands.items():
            if name not in self.parts or self.parts[name].ended:
                self.parts[name] = Part(name, command, self.environment, self.output)

    def stop(self) -> None:
        for part in self.parts.values():
            part.stop(time.monotonic() + 28)

    def keep_log(self) -> None:
        """Copy the log of all processes to where it can be read after the end."""
        kept = Path(tempfile.gettempdir()) / "airlock-soak.log"
        kept.write_bytes(Path(self.output.name).read_bytes())
        print(f"the log of all processes: {kept}")

    def answers(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=1).status_code == 200
        return False

    def kill(self) -> str:
        """SIGKILL one process or server, chosen at random; say which."""
        kind = random.choice(
            ("web", "worker", "worker", "web process", "worker process", "worker process", "valkey", "s3")
        )
        if kind == "valkey":
            self.valkey.restart()
        elif kind == "s3":
            self.s3.kill()
            self.s3.start()
        else:
            self._kill_process(*kind.split())
        return kind

    def _kill_process(self, name: str, below: str = "") -> None:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.parts[name].process.pid)
            family = process.children(recursive=True)
            victim = random.choice(family) if below and family else process
            victim.send_signal(signal.SIGKILL)


def main() -> int:
    """Soak, recover, check and print; 0 if every promise holds."""
    tally = Tally()
    with _site() as (site, airlock):
        with ThreadPoolExecutor(CLIENTS) as people:
            over = threading.Event()
            clients = [people.submit(_submit, site, airlock.key, tally, over) for _ in range(CLIENTS)]
            _kill(site, tally)
            over.set()
            for client in clients:
                client.result()
        site.start()
        began = time.monotonic()
        try:
            eventually(lambda: _quiet(airlock), within=RECOVERY_SECONDS, every=0.2, what="everything to end")
        finally:
            site.keep_log()
        print(f"everything had ended {time.monotonic() - began:.1f} s after the last kill")
        broken = [*broken_promises(airlock, airlock.rows()), *_losses(airlock, tally)]
        _print(airlock, tally, broken)
    return 1 if broken else 0


@contextmanager
def _site() -> Iterator[tuple[Site, Airlock]]:
    binaries, valkey_path, rclone = postgres_binaries(), valkey_binary(), rclone_binary()
    if not (binaries and valkey_path and rclone):
        raise SystemExit("The soak needs PostgreSQL, Valkey and rclone; `make test` says which is missing.")
    with ExitStack() as servers:
        folder = Path(servers.enter_context(tempfile.TemporaryDirectory(prefix="airlock-soak-")))
        postgres = servers.enter_context(Postgres(binaries))
        valkey = servers.enter_context(Valkey(valkey_path))
        s3 = servers.enter_context(RcloneS3(rclone, keep_data=True))
        output = servers.enter_context((folder / "log").open("wb"))
        site = Site(folder, output, postgres, valkey, s3)
        migrated = Part("migration", ["flask", "db", "upgrade"], site.environment, output)
        assert migrated.process.wait() == 0, (folder / "log").read_text()
        airlock = _airlock(site)
        site.start()
        servers.callback(site.stop)
        eventually(site.answers, within=30)
        yield site, airlock


def _airlock(site: Site) -> Airlock:
    chosen = launcher_settings(**{name.lower(): value for name, value in site.environment.items() if name in _NAMES})
    return Airlock(create_app(chosen), name="soak")


_NAMES = {*SHORT, "AIRLOCK_DATA", "DATABASE_URL", "REDIS_URL", "STORAGE_URL", "SECRET_KEY"}


def _submit(site: Site, key: str, tally: Tally, over: threading.Event) -> None:
    url, headers = f"http://127.0.0.1:{site.port}/deployment/api/acme/soak/", {"Authorization": f"Bearer {key}"}
    while not over.is_set():
        text = f"document number {random.getrandbits(64):x}"
        files = [("files", (f"{number}.txt", f"{text}, part {number}")) for number in range(random.choice((1, 1, 3)))]
        tally.submitted += 1
        try:
            reply = httpx.post(url, headers=headers, files=files, timeout=30)
        except httpx.TransportError as error:
            tally.replies[type(error).__name__] += 1
            over.wait(0.2)
            continue
        tally.replies[str(reply.status_code)] += 1
        if reply.status_code == 200:
            tally.accepted[UUID(reply.json()["message"]["execution_id"])] = text
        else:
            over.wait(0.2)


def _kill(site: Site, tally: Tally) -> None:
    """In the main thread: Linux ends a process that is to die with its parent when the thread ends that made it."""
    ends = time.monotonic() + MINUTES * 60
    while (left := ends - time.monotonic()) > 0:
        time.sleep(random.uniform(*PAUSE))
        tally.kills[site.kill()] += 1
        site.start()
        print(f"\r{left:4.0f} s left: {len(tally.accepted)} accepted, {tally.kills.total()} kills ", end="", flush=True)
    print()


def _quiet(airlock: Airlock) -> bool:
    return all(not run.live and run.cleanup_due_at is None for run in airlock.rows()) and not airlock.tickets()


def _losses(airlock: Airlock, tally: Tally) -> Iterator[str]:
    known = {run.id: run for run in airlock.rows()}
    for execution_id, text in tally.accepted.items():
        run = known.get(execution_id)
        if run is None:
            yield f"no loss: {execution_id} was accepted, and there is no row"
        elif run.status == "COMPLETED":
            told = airlock.get(execution_id).get_data(as_text=True)
            if text not in told:
                yield f"no lie: {execution_id} has another run's result"


def _print(airlock: Airlock, tally: Tally, broken: list[str]) -> None:
    runs = airlock.rows()
    ends = Counter(run.status for run in runs)
    reasons = Counter((run.error or "").partition(":")[0] for run in runs if run.error)
    attempts = Counter(file.attempt for run in runs for file in airlock.run(run.id).files)
    seconds = sorted((run.ended_at - run.created_at).total_seconds() for run in runs if run.ended_at)
    lines: dict[str, object] = {
        "submitted": tally.submitted,
        "accepted": len(tally.accepted),
        "replies": dict(tally.replies),
        "kills": dict(tally.kills),
        "executions": dict(ends),
        "reasons of errors": dict(reasons),
        "attempts of files": dict(sorted(attempts.items())),
        "seconds to the end, median and worst": f"{seconds[len(seconds) // 2]:.2f}, {seconds[-1]:.2f}",
    }
    for name, value in lines.items():
        print(f"{name:<38}{value}")
    for sentence in broken:
        print(f"BROKEN {sentence}")
    print(f"{len(runs)} passed, {len(broken)} failed")


if __name__ == "__main__":
    sys.exit(main())
