"""A real installation for a benchmark, in processes of its own, with a deployment of the workflow that holds."""

from __future__ import annotations

import logging
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from app import create_app
from benchmarks.held import OPEN
from deployment.deployments import deploy
from deployment.models import Execution, ExecutionStatus
from deployment.parts import Parts, parts_of
from launcher.installation import Installation
from settings import Settings, embedded_settings, launcher_settings

ENOUGH_FILES = 8192
"""Open files of a process: each caller that waits is one."""


@dataclass(frozen=True)
class Installed:
    """`url` is the deployment's; `parts` reach its database and its queue; `gates` is where documents look."""

    base: str
    url: str
    key: str
    redis_url: str
    parts: Parts
    gates: Path

    def accepted(self) -> int:
        """How many runs have been sealed."""
        counted = sa.select(sa.func.count()).select_from(Execution).where(Execution.sealed_at.is_not(None))
        with self.parts.database.reading() as session:
            return session.scalar(counted) or 0

    def held(self) -> list[str]:
        """The gates before which workers hold documents."""
        held = sa.select(Execution.custom_data).where(Execution.status == ExecutionStatus.EXECUTING)
        with self.parts.database.reading() as session:
            gates = [Path(custom_data["gate"]) for custom_data in session.scalars(held)]
        return [gate.name for gate in gates if not gate.exists()]

    def open(self, gate: str) -> None:
        """Let the document at this gate go on."""
        (self.gates / gate).touch()


@contextmanager
def installed(**settings: Any) -> Iterator[Installed]:
    """Runs while the block runs; in the end all that is held is let go, so that nobody waits for anything."""
    _allow_files()
    with TemporaryDirectory(prefix="airlock-bench-") as folder, (Path(folder) / "log").open("wb") as output:
        data, gates = Path(folder) / "data", Path(folder) / "gates"
        gates.mkdir()
        servers = {"database_url": "", "storage_url": "", "redis_url": "", "port": 0}
        chosen = {**servers, "airlock_data": data, "workflows": ("benchmarks.held",), **settings}
        with Installation(launcher_settings(**chosen), output) as installation:
            made = _deployed(installation, chosen, gates)
            try:
                yield made
            finally:
                made.open(OPEN)
                made.parts.database.dispose()


def _deployed(installation: Installation, chosen: dict[str, Any], gates: Path) -> Installed:
    embedded = embedded_settings(chosen["airlock_data"])
    told: dict[str, Any] = {name: (embedded / name).read_text() for name in ("redis_url", "secret_key")}
    parts = parts_of(create_app(Settings(**{**chosen, **told})))
    logging.getLogger().setLevel(logging.WARNING)
    with parts.database.writing() as session:
        key = deploy(session, "acme", "held", parts.workflows.get("held"), {}).new_key or ""
    url = f"{installation.url}/deployment/api/acme/held/"
    return Installed(installation.url, url, key, told["redis_url"], parts, gates)


def _allow_files() -> None:
    """Here and in what is started from here, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < ENOUGH_FILES:
        most = ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(ENOUGH_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
