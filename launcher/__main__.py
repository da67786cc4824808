"""`python -m launcher run` keeps an installation in the foreground; `demo` shows one at work and ends it."""

from __future__ import annotations

import gc

gc.disable()  # as in app.py

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from launcher.installation import Installation
from launcher.stopping import ToldToStop, listen
from settings import launcher_settings

gc.freeze()
gc.enable()

USAGE = "usage: python -m launcher run|demo"


def main(words: Sequence[str]) -> None:
    """Run the command of `words`, which is `run` or `demo`; SIGTERM, SIGHUP and Ctrl-C end all of it."""
    commands = {"run": run, "demo": demo}
    if len(words) != 1 or words[0] not in commands:
        print(USAGE, file=sys.stderr)
        sys.exit(2)
    listen()
    commands[words[0]]()


def run() -> None:
    """Everything in the foreground, on `PORT` and `AIRLOCK_DATA`."""
    try:
        with Installation(launcher_settings(), welcome=_show_login) as installation:
            print(f"Airlock is ready on {installation.url}", flush=True)
            installation.watch()
    except ToldToStop:
        print("Airlock has ended", flush=True)


def demo() -> None:
    """Everything in a fresh folder and on a free port; the parts' lines are shown only if something fails."""
    from launcher.demo import show  # what makes documents is nothing that `run` needs

    with tempfile.TemporaryDirectory(prefix="airlock-demo-") as folder, _shown_on_failure(Path(folder) / "log") as log:
        settings = launcher_settings(
            airlock_data=Path(folder) / "data", host="127.0.0.1", port=0, database_url="", redis_url="", storage_url=""
        )
        print("Starting a queue, a database, a web server and workers ...", flush=True)
        with log.open("wb") as output, Installation(settings, output) as installation:
            show(installation, Path(folder) / "documents")


@contextmanager
def _shown_on_failure(log: Path) -> Iterator[Path]:
    """`log`, the end of which goes to standard error if the block fails, and not if it is told to stop."""
    try:
        yield log
    except ToldToStop:
        raise
    except (Exception, SystemExit):
        if log.exists():
            print(log.read_text(errors="replace")[-8000:], file=sys.stderr)
        raise


def _show_login(name: str, password: str) -> None:
    print(f"Log in as {name} with the password {password}: it is shown this once", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
