"""Code blocks of the documents, typed into a real shell against a real installation."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.launcher.launched import ROOT, clean_environment

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks_of(page: str, kind: str) -> list[str]:
    """The blocks of a page of `docs/` that are written in `kind`."""
    return [body for language, body in BLOCK.findall((ROOT / page).read_text()) if language == kind]


def typed(block: str, folder: Path, **environment: str) -> str:
    """What a shell answers to a block, in `folder`; a command that fails fails the test."""
    words = ["bash", "-ec", block]
    told = {"capture_output": True, "text": True, "timeout": 90}
    done = subprocess.run(words, cwd=folder, env=clean_environment(**environment), **told)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    return str(done.stdout)
