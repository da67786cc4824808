"""A launcher as a person starts it: a process of its own, in a clean environment, with all that descends from it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

import psutil

from tests import loopback
from tests.airlock import Airlock, app_inside
from tests.eventually import eventually
from tests.servers.process import free_port

ROOT = Path(__file__).resolve().parents[2]
MARK = "AIRLOCK_TEST_MARK"
READY = "Airlock is ready on "
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


def clean_environment(**settings: str) -> dict[str, str]:
    """What a shell has, and `settings`; nothing that points to an installation."""
    return {**{name: os.environ[name] for name in KEPT if name in os.environ}, **settings}


def launch_briefly(word: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`python -m launcher WORD` to its end, which comes by itself."""
    command = [sys.executable, "-m", "launcher", word]
    return subprocess.run(
        command, cwd=ROOT, env=clean_environment(**settings), capture_output=True, text=True, timeout=100
    )


def processes_of(mark: str, folder: Path) -> list[psutil.Process]:
    """Every process that lives and has this mark in its environment, or works in `folder`.

    Valkey writes its title over its environment, and works in its data folder.
    """
    return [process for process in psutil.process_iter() if _belongs(process, mark, folder)]


def _belongs(process: psutil.Process, mark: str, folder: Path) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.environ().get(MARK) == mark or Path(process.cwd()).is_relative_to(folder)
    except psutil.Error:
        return False


class Launched:
    """`make run` on the data folder `data`; ended, and all that is left of it killed, with the block."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data, self.port, self.mark = data, free_port(), uuid4().hex
        self.settings = {"AIRLOCK_DATA": str(data), "PORT": str(self.port), **settings}
        self.out, self.err = data.with_name(data.name + ".out"), data.with_name(data.name + ".err")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Launched:
        """Start it and wait until it says that it is ready."""
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "launcher", "run"],
                cwd=ROOT,
                env=clean_environment(**self.settings, **{MARK: self.mark}),
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        eventually(lambda: READY in self.out.read_text() or self.process.poll() is not None, within=60)
        assert self.process.poll() is None, self.err.read_text()[-4000:]
        return self

    def end(self, signum: signal.Signals = signal.SIGTERM) -> int:
        """Signal the launcher, as Ctrl-C or a platform does; its exit status."""
        self.process.send_signal(signum)
        return self.process.wait(30)

    def parts(self) -> list[psutil.Process]:
        """What the launcher itself has started."""
        return psutil.Process(self.process.pid).children()

    def end_of(self, part: str) -> str:
        """Kill the part with `part` in its command: the last line of the launcher, which fails with it."""
        next(child for child in self.parts() if part in " ".join(child.cmdline())).kill()
        assert self.process.wait(30) == 1
        return self.err.read_text().splitlines(keepends=True)[-1]

    def left(self) -> list[psutil.Process]:
        """Its processes that still live."""
        return processes_of(self.mark, self.data)

    def flask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command in another shell, which knows no more than the data folder."""
        command = [str(Path(sys.executable).with_name("flask")), *words]
        environment = clean_environment(AIRLOCK_DATA=str(self.data))
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    def ask(self, *words: str) -> Any:
        """The JSON answer of a command."""
        done = self.flask(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def deploy(self, name: str, workflow: str) -> dict[str, Any]:
        """As the command of that name answers, without another process for it."""
        with app_inside(self.data, workflows=self.settings.get("WORKFLOWS", "")) as app:
            made = Airlock(app, workflow, name=name)
        return {"url": f"{self.url}{made.path}", "api_key": made.key}

    def post(self, deployed: dict[str, Any], **fields: str) -> dict[str, Any]:
        """POST one text to a deployment, as `deploy --json` gave it; the message of the reply."""
        headers = {"Authorization": f"Bearer {deployed['api_key']}"}
        files = {"files": ("hello.txt", b"Hello, world.")}
        reply = loopback.post(deployed["url"], headers=headers, files=files, data=fields, timeout=60)
        assert reply.status_code == 200, reply.text
        message: dict[str, Any] = reply.json()["message"]
        return message

    def __enter__(self) -> Launched:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for process in self.left():
            process.kill()
