"""Every command and every piece of code in the README does what the README says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import guards
import guards.memory
from tests.launcher.launched import ROOT, Launched, clean_environment
from tests.servers.fixtures_installation import OWN_WORKFLOW

pytestmark = pytest.mark.slow
TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
SHELL = [body for kind, body in BLOCKS if kind == "sh"]
REPLY = next(json.loads(body) for kind, body in BLOCKS if kind == "json")
WORKFLOW, GUARD = (body for kind, body in BLOCKS if kind == "python")
DEMO, RUN, DEPLOY, CURL, RUN_OWN, DEPLOY_OWN = SHELL


def _type(installation: Launched, block: str, folder: Path, **environment: str) -> str:
    """Type a block into a shell whose folder is the checkout, or `folder` where it writes a file."""
    here = block.replace("http://127.0.0.1:8000", installation.url).replace(
        ".venv/bin/", f"{Path(sys.executable).parent}/"
    )
    done = subprocess.run(
        ["bash", "-ec", here],
        cwd=folder,
        env=clean_environment(AIRLOCK_DATA=str(installation.data), **environment),
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("block", "command"), [(DEMO, "launcher demo"), (RUN, "launcher run"), (RUN_OWN, "launcher run")]
)
def test_make_starts_the_launcher(block: str, command: str) -> None:
    """What these two then do is for the launcher's tests."""
    dry = block.replace("make ", "make --dry-run ")
    done = subprocess.run(["bash", "-ec", dry], cwd=ROOT, env=clean_environment(), capture_output=True, text=True)
    assert done.stdout.rstrip().endswith(command)


def test_a_call_is_answered_as_shown(installation: Launched, tmp_path: Path) -> None:
    assert f"Airlock is ready on {installation.url}" in installation.out.read_text()
    assert "`Airlock is ready on http://127.0.0.1:8000`" in TEXT
    (key,) = re.findall(r"^api key +(\S+)$", _type(installation, DEPLOY, ROOT), re.MULTILINE)
    answer = json.loads(_type(installation, CURL, tmp_path, KEY=key))
    assert answer == _filled(REPLY, answer)


def test_a_workflow_of_ones_own_is_deployed_and_run(installation: Launched) -> None:
    assert re.findall(r"WORKFLOWS=(\S+) make run", RUN_OWN) == [OWN_WORKFLOW]
    assert WORKFLOW in (ROOT / "examples/word_count.py").read_text()
    told = _type(installation, DEPLOY_OWN, ROOT)
    result = json.loads(told[told.index("{\n") :])["message"][0]["result"]["output"]
    assert result["words"] == len(TEXT.split())
    assert len(result["most_common"]) == 3


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of the guard's example, run under the names that the wheel gives to the modules."""
    modules: dict[str, ModuleType] = {"pre_dispatch_guard": guards, "pre_dispatch_guard.memory": guards.memory}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    names: dict[str, Any] = {}
    exec(GUARD, names)
    return names


def test_the_guards_example_dispatches(guarded: dict[str, Any]) -> None:
    queue: list[object] = []
    run = guarded["submit"](print, print, queue.append)
    assert queue == [run]


def test_the_guards_example_marks_and_undoes_what_fails(guarded: dict[str, Any]) -> None:
    deleted: list[object] = []

    def upload(run: object) -> None:
        raise KeyboardInterrupt("the storage hangs")

    with pytest.raises(KeyboardInterrupt):
        guarded["submit"](upload, deleted.append, print)
    ((run, row),) = guarded["ledger"].rows.items()
    assert (deleted, row.state, row.reason) == ([run], "failed", "KeyboardInterrupt: the storage hangs")


def _filled(shown: Any, real: Any) -> Any:
    """What the README shows, with what it leaves out (…) taken from the real answer."""
    if shown == "…":
        return real
    if isinstance(shown, dict):
        return {name: _filled(value, real.get(name)) for name, value in shown.items()}
    if isinstance(shown, list):
        return [_filled(one, other) for one, other in zip(shown, real, strict=True)]
    return shown
