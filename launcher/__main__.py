"""`python -m launcher run` keeps an installation in the foreground; `demo` shows one at work and ends it."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from launcher.demo import show
from launcher.installation import Installation
from settings import launcher_settings


class ToldToStop(SystemExit):
    """A signal asks the launcher to end."""


def main(command: str) -> None:
    """Run `command`, which is `run` or `demo`; SIGTERM, SIGHUP and Ctrl-C end all of it."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _leave)
    {"run": run, "demo": demo}[command]()


def run() -> None:
    """Everything in the foreground, on `PORT` and `AIRLOCK_DATA`."""
    try:
        with Installation(launcher_settings()) as installation:
            print(f"Airlock is ready on {installation.url}", flush=True)
            installation.watch()
    except ToldToStop:
        print("Airlock has ended", flush=True)


def demo() -> None:
    """Everything in a fresh folder and on a free port; the parts' lines are shown only if something fails."""
    with tempfile.TemporaryDirectory(prefix="airlock-demo-") as folder:
        log = Path(folder) / "log"
        settings = launcher_settings(
            airlock_data=Path(folder) / "data", port=0, database_url="", redis_url="", storage_url=""
        )
        try:
            with log.open("wb") as output, Installation(settings, output) as installation:
                show(installation, Path(folder) / "documents")
        except SystemExit as error:
            if error.code:
                print(log.read_text(errors="replace")[-8000:], file=sys.stderr)
            raise


def _leave(signum: int, _frame: Any) -> None:
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(again, signal.SIG_IGN)  # asked once is enough: the parts are being ended
    raise ToldToStop(128 + signum)


if __name__ == "__main__":
    main(sys.argv[1])
