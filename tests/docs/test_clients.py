"""What the documents say to callers, in curl, with `requests` and with `unstract-client`, works as it stands."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.airlock import HELLO, Airlock
from tests.docs.blocks import blocks_of, typed
from tests.launcher.launched import Launched

pytestmark = pytest.mark.slow
(IN_CURL,) = blocks_of("docs/clients.md", "sh")
IN_PYTHON = blocks_of("docs/clients.md", "python")
(SUBMIT,) = blocks_of("docs/api.md", "sh")
GREETING = HELLO[1].decode()


@pytest.fixture
def run(installation: Launched, new_caller: Callable[..., Airlock], tmp_path: Path) -> Callable[[str], str]:
    """What a block answers to a caller of a deployment of its own, which the documents call `acme/text`."""
    caller = new_caller()
    environment = {"AIRLOCK": installation.url, "KEY": caller.key}
    (tmp_path / HELLO[0]).write_bytes(HELLO[1])
    return lambda block: typed(block.replace("/acme/", f"/{caller.organization}/"), tmp_path, **environment)


def test_curl_waits_for_the_end_and_reads_the_result(run: Callable[[str], str]) -> None:
    shown, results = map(json.loads, run(IN_CURL).splitlines())
    assert shown["status"] == "COMPLETED"
    assert results["results"][0]["output"]["pages"][0]["text"] == GREETING


@pytest.mark.parametrize("block", IN_PYTHON, ids=["requests", "unstract-client"])
def test_a_python_client_prints_the_text(block: str, run: Callable[[str], str]) -> None:
    assert GREETING in run(f"{sys.executable} -W ignore::DeprecationWarning - <<'END'\n{block}END")


def test_the_first_curl_of_the_native_api_is_answered_with_the_result(run: Callable[[str], str]) -> None:
    _, _, body = run(SUBMIT).replace("\r\n", "\n").rpartition("\n\n")
    told = json.loads(body)
    assert (told["status"], told["metadata"], told["tags"]) == ("COMPLETED", {"case": "7"}, ["invoice"])
    assert told["results"][0]["output"]["pages"][0]["text"] == GREETING
