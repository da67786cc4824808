"""Workflows that do what their document says: hold, die, hang, fail. `flask worker` loads them by `WORKFLOWS`.

A document is a JSON object: `do` names the act, `at` is a path that the acts below use.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from workflows import Document, NoOptions, Result, Retry, workflow
from workflows.extract_text import extract_text

Act = Callable[[Path], object]


def _note(at: Path) -> None:
    """Leave the work-horse's pid in `at`, complete when it appears, one line for each attempt."""
    earlier = at.read_text() if at.exists() else ""
    beside = at.with_name(f"{at.name}.{os.getpid()}")
    beside.write_text(f"{earlier}{os.getpid()}\n")
    beside.replace(at)


def _hold(at: Path) -> None:
    """Work until the test says go, or forever, whatever is raised meanwhile."""
    _note(at)
    while not at.with_suffix(".go").exists():
        try:
            threading.Event().wait(0.01)
        except Exception:
            continue


def _hang_in_c(at: Path) -> None:
    _note(at)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2_000_000_000)


def _die(at: Path) -> None:
    _note(at)
    os.kill(os.getpid(), signal.SIGKILL)


def _die_once(at: Path) -> None:
    first = not at.exists()
    _note(at)
    if first:
        os.kill(os.getpid(), signal.SIGKILL)


def _leave(at: Path) -> None:
    _note(at)
    os._exit(3)


def _exit(at: Path) -> None:
    sys.exit("a library says exit")


def _fail(at: Path) -> None:
    raise ValueError("this document is too hard")


def _fail_unreadably(at: Path) -> None:
    raise ValueError("nul \x00 and surrogate \ud800")


def _be_busy_twice(at: Path) -> None:
    _note(at)
    if len(at.read_text().split()) < 3:
        raise Retry("the model is busy", after=0.1)


def _be_busy(at: Path) -> None:
    _note(at)
    raise Retry(after=60) from TimeoutError("no answer within 5 s")


def _break(at: Path) -> None:
    _note(at)
    raise ConnectionResetError("by redis://:secret@peer")


def _eat(at: Path) -> None:
    _note(at)
    eaten = []
    while True:
        eaten.append(bytearray(1_000_000))


def _abort_in_c(at: Path) -> None:
    _note(at)
    os.abort()


def _spawn(at: Path) -> None:
    at.with_suffix(".child").write_text(str(subprocess.Popen(["sleep", "60"]).pid))
    _hold(at)


ACTS: dict[str, Act] = {
    "work": lambda _at: None,
    "note": _note,
    "hold": _hold,
    "hang in C": _hang_in_c,
    "die": _die,
    "die once": _die_once,
    "leave": _leave,
    "exit": _exit,
    "fail": _fail,
    "fail unreadably": _fail_unreadably,
    "be busy twice": _be_busy_twice,
    "be busy": _be_busy,
    "break": _break,
    "eat": _eat,
    "abort in C": _abort_in_c,
    "spawn": _spawn,
}


def _act(document: Document) -> Result:
    said: dict[str, Any] = json.loads(document.read_text())
    ACTS[said["do"]](Path(said["at"]))
    return Result({"pid": os.getpid()}, text=said["do"])


@workflow(name="act", version="1", accepts=["text/*", "application/json"])
def act(document: Document, options: NoOptions) -> Result:
    """Does what its document says."""
    return _act(document)


@workflow(name="act-briefly", version="1", accepts=["text/*", "application/json"], time_limit=0.5)
def act_briefly(document: Document, options: NoOptions) -> Result:
    """Does what its document says, for half a second at most."""
    return _act(document)


@workflow(name="act-again", version="1", accepts=["text/*", "application/json"], retry_on=ConnectionError, retries=2)
def act_again(document: Document, options: NoOptions) -> Result:
    """Does what its document says, again and again where a connection breaks."""
    return _act(document)


@workflow(name="act-small", version="1", accepts=["text/*", "application/json"], memory_limit=64)
def act_small(document: Document, options: NoOptions) -> Result:
    """Does what its document says, with 64 MiB of memory at most."""
    return _act(document)


extract_small = replace(extract_text, name="extract-small", memory_limit=100)
"""The workflow that reads real documents, with 100 MiB of memory at most."""
