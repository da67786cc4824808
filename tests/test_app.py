"""Making the application: what it has depends on who asks for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import flask.cli
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import FlaskGroup

from app import create_app
from tests.airlock import closing, settings_for

LIVENESS = "/healthz"
NOWHERE = "redis://127.0.0.1:1/0"


class Program:
    """`flask`, in this process: `program("routes")` is the application that it has made for that."""

    def __init__(self, folder: Path) -> None:
        self._settings, self._made = settings_for(folder, redis_url=NOWHERE), list[Flask]()

    def __call__(self, *words: str) -> Flask:
        with closing(self._make_for(*words)) as app:
            return app

    def _make_for(self, *words: str) -> Flask:
        done = CliRunner().invoke(FlaskGroup(create_app=self._make, load_dotenv=False), words)
        assert done.exit_code == 0, (done.output, done.exception)
        return self._made.pop()

    def _make(self) -> Flask:
        self._made.append(create_app(self._settings))
        return self._made[-1]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "")  # it sets that, and would not unset it
    monkeypatch.setattr(flask.cli, "run_simple", lambda *_args, **_options: None)
    return Program(tmp_path)


def answers(app: Flask) -> bool:
    return any(str(rule) == LIVENESS for rule in app.url_map.iter_rules())


@pytest.mark.parametrize("command", ["run", "shell", "routes"])
def test_a_command_of_flask_that_needs_the_routes_has_them(program: Program, command: str) -> None:
    assert answers(program(command))


@pytest.mark.parametrize("command", ["workflows", "worker --help", "db heads"])
def test_another_command_makes_no_routes_and_so_starts_sooner(program: Program, command: str) -> None:
    assert not answers(program(*command.split()))


def test_a_server_is_asked_by_no_command_and_has_the_routes(tmp_path: Path) -> None:
    with closing(create_app(settings_for(tmp_path, redis_url=NOWHERE))) as app:
        assert answers(app)


@pytest.mark.parametrize("told", [True, False])
def test_who_says_whether_requests_are_answered_is_believed(tmp_path: Path, told: bool) -> None:
    with closing(create_app(settings_for(tmp_path, redis_url=NOWHERE), answers=told)) as app:
        assert answers(app) is told


NEEDED = """
import sys, launcher.__main__
print(sorted({"flask", "sqlalchemy"} & set(sys.modules)))
import app
print(sorted({"alembic", "flask_openapi3", "limits", "psycopg", "rq_dashboard"} & set(sys.modules)))
app.create_app(answers=True)
print(sorted({"alembic", "flask_openapi3", "limits", "rq_dashboard"} & set(sys.modules)))
"""


def test_nobody_imports_what_only_others_need(tmp_path: Path) -> None:
    """The launcher makes no `app`; of who does, a server has its faces and what counts requests, a command Alembic."""
    environment = {"REDIS_URL": NOWHERE, "SECRET_KEY": "x" * 32, "AIRLOCK_DATA": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", NEEDED], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "[]", "['flask_openapi3', 'limits', 'rq_dashboard']"]
