"""`flask run-file`: refusals. What it shows when all is well, the demo's test sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployment.cli.commands import Commands
from tests.servers.process import free_port


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "a.txt"
    path.write_text("Hello")
    return str(path)


def test_a_web_server_that_does_not_answer_is_told_and_no_key_is_left(commands: Commands, file: str) -> None:
    commands.deploy()
    url = f"http://127.0.0.1:{free_port()}"
    told = commands.refusal("run-file", "acme", "text", file, "--url", url, status=1)
    assert told.startswith(f"No reply from {url}")
    assert told.endswith("Is the web server running?")
    _, made = commands.ask("keys", "list", "acme")
    assert (made["label"], made["state"]) == ("run-file", "revoked")


def test_an_unknown_deployment_is_refused_in_a_sentence(commands: Commands, file: str) -> None:
    assert commands.refusal("run-file", "acme", "text", file).startswith("There is no deployment acme/text")


def test_a_file_that_is_not_there_is_refused_in_a_sentence(commands: Commands) -> None:
    assert "'nowhere.pdf' does not exist" in commands.refusal("run-file", "acme", "text", "nowhere.pdf")
