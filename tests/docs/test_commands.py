"""`docs/commands.md` names every command and every option, and none that there is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from tests.airlock import make_app

TEXT = (Path(__file__).resolve().parents[2] / "docs/commands.md").read_text()
DOCUMENTED = set(re.findall(r"^\| `flask ([a-z -]+?)(?: [A-Z].*?| --.*?)?` \|", TEXT, re.MULTILINE))
OPTIONS = re.findall(r"^\| (?:`([a-z -]+)`)? ?\| `(--[a-z-]+)", TEXT, re.MULTILINE)
OF_FLASK_MIGRATE = "db"
OF_ALL = {"--json", "--help"}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    with make_app(tmp_path, redis_url="redis://h") as made:
        yield made


def _commands(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if name == OF_FLASK_MIGRATE:
            continue
        if isinstance(command, click.Group):
            yield from _commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


def _options_of(command: click.Command) -> set[str]:
    return {opt for param in command.params if isinstance(param, click.Option) for opt in param.opts}


def test_every_command_is_documented_and_no_other(app: Flask) -> None:
    assert {name for name, _ in _commands(app.cli)} | {"db upgrade"} == DOCUMENTED


def test_every_option_is_documented_and_no_other(app: Flask) -> None:
    there = {(name, option) for name, command in _commands(app.cli) for option in _options_of(command) - OF_ALL}
    documented, last = set(), ""
    for command, option in OPTIONS:
        last = command or last
        documented.add((last, option))
    assert documented == there


def test_every_command_that_answers_has_json(app: Flask) -> None:
    assert {name for name, command in _commands(app.cli) if "--json" not in _options_of(command)} == {"worker"}


def test_every_command_says_what_it_is_for(app: Flask) -> None:
    assert [name for name, command in _commands(app.cli) if not command.help] == []
