"""One part: what is said of one that does not become ready, and that none outlives its patience."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from launcher import part
from launcher.part import Part, PartFailed

DEAF = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)


def _part(code: str, log: Path) -> Part:
    with log.open("wb") as output:
        return Part("web", [sys.executable, "-c", code], {}, output)


def test_one_that_is_not_ready_in_time_is_named_with_what_is_lacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, "READY_SECONDS", 0.1)
    web = _part("import time; time.sleep(60)", tmp_path / "log")
    with pytest.raises(PartFailed, match=r"^web was not ready within 0\.1 s: the storage denies access$"):
        web.await_ready(lambda: "the storage denies access")
    web.stop(time.monotonic())


def test_one_that_ends_before_it_is_ready_is_named_with_its_status(tmp_path: Path) -> None:
    with pytest.raises(PartFailed, match=r"^web ended with status 3 before it was ready$"):
        _part("raise SystemExit(3)", tmp_path / "log").await_ready(lambda: "everything")


def test_one_that_is_deaf_to_sigterm_is_killed_when_its_time_is_over(tmp_path: Path) -> None:
    log = tmp_path / "log"
    web = _part(DEAF, log)
    web.await_ready(lambda: "" if log.read_text() else "its handler")
    began = time.monotonic()
    web.stop(began + 0.3)
    assert web.process.returncode == -9
    assert time.monotonic() - began < 5
