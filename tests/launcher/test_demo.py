"""`make demo`: everything at work, then nothing of it left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.launcher.launched import MARK, ROOT, clean_environment, launch_briefly, processes_of

pytestmark = pytest.mark.slow
ELSEWHERE = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1"}


def test_it_shows_progress_and_the_result_and_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    """On parts of its own, whatever the environment points to."""
    done = launch_briefly("demo", TMPDIR=str(tmp_path), **{MARK: "demo"}, **ELSEWHERE)
    assert done.returncode == 0, done.stderr
    told, _, result = done.stdout.partition("{\n")
    assert "Posting report.pdf, minutes.docx, opening-hours.html" in told
    assert json.loads("{" + result)["status"] == "COMPLETED"
    assert [item["status"] for item in json.loads("{" + result)["message"]] == ["Success"] * 3
    assert done.stderr.count("success") == 3, "a bar for each file"
    assert processes_of("demo", tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_one_leaves_nothing_and_complains_of_nothing(tmp_path: Path) -> None:
    environment = clean_environment(TMPDIR=str(tmp_path), **{MARK: "interrupted"})
    command = [sys.executable, "-m", "launcher", "demo"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
        eventually(lambda: list(tmp_path.glob("*/data/embedded/lock")), within=30)
        os.kill(demo.pid, signal.SIGINT)
        _, errors = demo.communicate(timeout=30)
    assert (demo.returncode, errors) == (128 + signal.SIGINT, b"")
    assert processes_of("interrupted", tmp_path) == []
    assert list(tmp_path.iterdir()) == []
