"""The processes of an installation, for proofs that kill them: started as a platform does, and started again."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import httpx
import psutil

from launcher.part import Part
from settings import Settings
from tests import loopback
from tests.eventually import eventually
from tests.launcher.launched import clean_environment
from tests.processes import family
from tests.servers.process import free_port

BIN = Path(sys.executable).parent
WEB, WORKER = ("gunicorn", "app:create_app()"), ("flask", "worker")
STOP_SECONDS = 28


class Site:
    """Runs `commands` by name while the block runs, in the environment that `settings` say (names in lower case).

    Start it in the main thread: Linux ends a part with the thread that made it. `log` has the lines of all processes.
    """

    def __init__(self, folder: Path, commands: Mapping[str, Sequence[str]], **settings: str) -> None:
        self.settings = {"airlock_data": str(folder), "secret_key": "proof", "port": str(free_port()), **settings}
        self.log = folder / "log"
        self._commands, self._parts = commands, dict[str, Part]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings['port']}"

    @property
    def environment(self) -> dict[str, str]:
        """Of each process."""
        path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
        told = {name.upper(): value for name, value in self.settings.items()}
        return clean_environment(**told, FLASK_SKIP_DOTENV="1") | {"PATH": path}

    def settings_with(self, **servers: str) -> Settings:
        """For an application of this process, which reaches `servers` its own way."""
        return Settings(**{**self.settings, **servers})  # type: ignore[arg-type]

    def start(self) -> None:
        """Start what does not run."""
        for name, command in self._commands.items():
            if name not in self._parts or self._parts[name].ended:
                self._parts[name] = Part(name, command, self.environment, self._output)

    def family(self, name: str) -> list[psutil.Process]:
        """A part's process, and all that descend from it; empty when it is gone."""
        return family(self._parts[name].process.pid)

    def answers(self) -> bool:
        """Whether the web server does."""
        with suppress(httpx.TransportError):
            return loopback.get(f"{self.url}/healthz", timeout=1).status_code == 200
        return False

    def __enter__(self) -> Site:
        self._output = self.log.open("wb")
        try:
            self.start()
            eventually(self.answers, within=60, what=f"the web server to answer; see {self.log}")
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        ends = time.monotonic() + STOP_SECONDS
        for part in self._parts.values():
            if not part.ended:
                part.process.terminate()
        for part in self._parts.values():
            part.stop(ends)
        self._output.close()
