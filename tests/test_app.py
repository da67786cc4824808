"""Making the application: what it has depends on who asks for it."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from app import create_app
from tests.airlock import closing, settings_for

LIVENESS = "/healthz"


@pytest.mark.parametrize("command", ["run", "shell", "routes"])
def test_a_command_of_flask_that_needs_the_routes_has_them(tmp_path: Path, command: str) -> None:
    with click.Context(click.Command(command), info_name=command):
        assert LIVENESS in routes(tmp_path)


def test_a_command_of_ours_makes_no_routes_and_so_starts_sooner(tmp_path: Path) -> None:
    with click.Context(click.Group("flask"), info_name="flask"):
        assert LIVENESS not in routes(tmp_path)


def test_a_server_is_asked_by_no_command_and_has_the_routes(tmp_path: Path) -> None:
    assert LIVENESS in routes(tmp_path)


@pytest.mark.parametrize("answers", [True, False])
def test_who_says_whether_requests_are_answered_is_believed(tmp_path: Path, answers: bool) -> None:
    with click.Context(click.Group("flask"), info_name="run" if not answers else "flask"):
        assert (LIVENESS in routes(tmp_path, answers)) is answers


def routes(folder: Path, answers: bool | None = None) -> set[str]:
    """The paths that the application answers."""
    told = settings_for(folder, redis_url="redis://127.0.0.1:1/0")
    with closing(create_app(told, answers=answers)) as app:
        return {str(rule) for rule in app.url_map.iter_rules()}
