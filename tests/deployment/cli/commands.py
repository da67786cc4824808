"""Typing commands, and what they answered."""

from __future__ import annotations

import json
from typing import Any

from click.testing import Result
from flask import Flask

TEXT = ("--workflow", "extract-text")


class Commands:
    """`commands("keys", "list", "acme")` is `flask keys list acme`."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._runner = app.test_cli_runner()

    def __call__(self, *words: str) -> Result:
        with self.app.app_context():  # as the program `flask` does
            return self._runner.invoke(args=words)

    def ask(self, *words: str) -> Any:
        """The answer with `--json`."""
        done = self(*words, "--json")
        assert done.exit_code == 0, (done.output, done.exception)
        return json.loads(done.stdout)

    def deploy(self, name: str = "text", *words: str) -> Any:
        """`flask deploy acme NAME …`, with `--json`."""
        return self.ask("deploy", "acme", name, *TEXT, *words)

    def refusal(self, *words: str, status: int = 2) -> str:
        """The one sentence with which a command is refused."""
        done = self(*words)
        assert done.exit_code == status, (done.output, done.exception)
        assert done.stdout == ""
        told, *more = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
        assert not more
        assert "Traceback" not in done.stderr
        return told.removeprefix("Error: ")
