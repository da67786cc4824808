"""The settings: documented, and one that makes no sense stops every program with one line that names it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import settings as module
from settings import InvalidSettings, Settings, launcher_settings, read_settings
from storage import open_store

ROOT = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
DOCUMENTED = {
    name: (default, meaning) for name, default, meaning in ROW.findall((ROOT / "docs/settings.md").read_text())
}
FIELDS = {name.upper(): field for name, field in Settings.model_fields.items()}
SAID_IN_WORDS = {
    "DATABASE_URL": "`sqlite:///$AIRLOCK_DATA/airlock.db`",
    "REDIS_URL": "the launcher's own Valkey",
    "REDIS_TLS_VERIFY": "`true`; `false` where `DYNO` is set",
    "STORAGE_URL": "`file://$AIRLOCK_DATA/objects`",
    "SECRET_KEY": "made and kept by the launcher",
    "WORKFLOWS": "none",
    "PRESIGNED_HOSTS": "`amazon-s3`",
    "SENTRY_DSN": "empty",
    "LOG_FORMAT": "by the terminal",
}
"""Defaults that a literal cannot say."""
CONTRACT = {
    "AIRLOCK_DATA": ".data",
    "PORT": "8000",
    "HOST": "127.0.0.1",
    "ORG_CONCURRENCY": "20",
    "GLOBAL_CONCURRENCY": "100",
    "KEY_REQUESTS_PER_MINUTE": "600",
    "KEY_UPLOAD_MB_PER_DAY": "0",
    "LEASE_SECONDS": "20",
    "RECONCILE_SECONDS": "5",
    "CLOCK_SKEW_SECONDS": "2",
    "CLEANUP_GRACE": "90",
    "MAX_ATTEMPTS": "3",
    "KEEP_INPUTS": "false",
    "EXECUTION_DEADLINE": "3600",
    "RESULT_TTL": "604800",
    "MAX_UPLOAD_MB": "512",
    "MAX_FILES": "32",
    "WORKERS": "2",
    "WEB_CONCURRENCY": "2",
}
"""What other people's scripts rely on."""


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AIRLOCK_DATA", str(tmp_path / "data"))


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    assert set(DOCUMENTED) == set(FIELDS)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_the_documented_default_is_the_default(name: str) -> None:
    default = FIELDS[name].default
    literal = str(default).lower() if isinstance(default, bool) else str(default)
    assert DOCUMENTED[name][0] == SAID_IN_WORDS.get(name, f"`{literal}`")


@pytest.mark.parametrize("name", sorted(CONTRACT))
def test_the_default_is_the_promised_one(name: str) -> None:
    assert DOCUMENTED[name][0] == f"`{CONTRACT[name]}`"


def test_what_is_left_out_is_kept_in_the_data_folder(tmp_path: Path) -> None:
    chosen = launcher_settings()
    assert chosen.database == f"sqlite:///{tmp_path}/data/airlock.db"
    assert chosen.storage == f"file://{tmp_path}/data/objects"


def test_a_data_folder_may_have_any_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIRLOCK_DATA", str(tmp_path / "my data %20"))
    assert open_store(launcher_settings().storage).address == str(tmp_path / "my data %20" / "objects")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_always_psycopg_3(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://ada:p%40ss@db.example:5432/airlock?sslmode=require")
    assert launcher_settings().database == "postgresql+psycopg://ada:p%40ss@db.example:5432/airlock?sslmode=require"


def test_a_relative_path_of_sqlite_counts_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flask-SQLAlchemy would count from its instance folder, and the guard's own engine from here."""
    monkeypatch.setenv("DATABASE_URL", "sqlite:///my.db")
    assert launcher_settings().database == f"sqlite:///{Path.cwd()}/my.db"


def nonsense() -> Iterator[Any]:
    for name, value in {
        "DATABASE_URL": ["airlock.db", "mysql://u:hidden@h/d", "postgresql+asyncpg://u:hidden@h/d", "sqlite://"],
        "REDIS_URL": ["localhost:6379", "http://:hidden@h", "redis://:hidden@h:port", "redis://:hidden@h/x", "unix://"],
        "REDIS_TLS_VERIFY": ["perhaps"],
        "STORAGE_URL": ["/srv/objects", "s3://host/bucket", "s3://key:hidden@h:9000/a/b", "file://relative"],
        "WORKFLOWS": ["no.such.module", "json"],
        "HOST": ["example.org/"],
        "PORT": ["http", "-1", "65536"],
        "TRUSTED_PROXIES": ["-1", "yes"],
        "WEB_CONCURRENCY": ["0"],
        "WEB_THREADS": ["0"],
        "MAX_UPLOAD_MB": ["0", "a lot"],
        "MAX_FILES": ["0"],
        "KEY_REQUESTS_PER_MINUTE": ["-1", "many"],
        "KEY_UPLOAD_MB_PER_DAY": ["-1"],
        "SENTRY_DSN": ["x", "https://sentry.example/1", "https://key@sentry.example/", "ftp://k@h/1"],
        "LOG_FORMAT": ["xml"],
        "PRIVATE_WEBHOOKS": ["some"],
        "PRESIGNED_HOSTS": ["*", "https://minio.hidden:9000", "amazon-s3,user:hidden@host", "host@10.0.0.0/99"],
        "WORKERS": ["0", "2.5"],
        "FILES_IN_FLIGHT": ["-1"],
        "ORG_CONCURRENCY": ["0"],
        "GLOBAL_CONCURRENCY": ["0"],
        "EXECUTION_DEADLINE": ["0", "inf"],
        "MAX_ATTEMPTS": ["0"],
        "RESULT_TTL": ["0", "1e300"],
        "HISTORY_TTL": ["-1", "1e300", "for ever"],
        "KEEP_INPUTS": ["sometimes"],
        "LEASE_SECONDS": ["0", "nan", "3"],
        "RECONCILE_SECONDS": ["0"],
        "CLOCK_SKEW_SECONDS": ["-1", "11"],
        "CLEANUP_GRACE": ["-1"],
    }.items():
        yield from (pytest.param(name, each, id=f"{name}={each}") for each in value)


@pytest.mark.parametrize(("name", "value"), list(nonsense()))
def test_a_setting_that_makes_no_sense_is_named_in_one_line(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings) as refused:
        launcher_settings()
    line = str(refused.value)
    assert name in line
    assert "\n" not in line
    assert "hidden" not in line


def test_there_is_nonsense_for_every_setting_that_can_be_wrong() -> None:
    assert {each.values[0] for each in nonsense()} == set(FIELDS) - {"AIRLOCK_DATA", "SECRET_KEY"}


def test_what_no_default_can_give_must_be_set() -> None:
    with pytest.raises(InvalidSettings, match=r"^REDIS_URL and SECRET_KEY must be set"):
        read_settings()


def test_what_the_launcher_left_is_found_and_the_environment_comes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = module.embedded_settings(tmp_path / "data")
    folder.mkdir(parents=True)
    for name, value in {"redis_url": "redis://left", "secret_key": "left", "port": "8123"}.items():
        (folder / name).write_text(value)
    monkeypatch.setenv("SECRET_KEY", "chosen")
    found = read_settings()
    assert (found.redis_url, found.secret_key, found.port) == ("redis://left", "chosen", 8123)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::1", "127.0.0.1"])
def test_the_local_url_is_one_that_a_browser_takes(host: str) -> None:
    expected = "http://[::1]:80" if ":" in host else "http://127.0.0.1:80"
    assert launcher_settings(host=host, port=80).local_url == expected


PROGRAMS = {
    "flask": ["flask", "workflows"],
    "gunicorn": ["gunicorn", "app:create_app()"],
    "launcher": ["python", "-m", "launcher", "run"],
}


def _start(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    name, *words = PROGRAMS[program]
    command = [str(Path(sys.executable).with_name(name)), *words]
    home = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(command, cwd=ROOT, env={**home, **environment}, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_stops_with_a_line_for_each_and_no_secret(program: str, tmp_path: Path) -> None:
    done = _start(
        program,
        AIRLOCK_DATA=str(tmp_path),
        PORT="http",
        STORAGE_URL="s3://key:hidden@host/a/b",
        SECRET_KEY="hidden",
        REDIS_URL="redis://:hidden@h",
    )
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert [line.partition(":")[0] for line in told] == ["STORAGE_URL", "PORT"]
    assert "hidden" not in done.stderr + done.stdout
    assert list(tmp_path.iterdir()) == []


def test_help_needs_no_settings(tmp_path: Path) -> None:
    """`flask --help` lists the commands in a checkout where nothing runs yet."""
    command = [str(Path(sys.executable).with_name("flask")), "--help"]
    environment = {"PATH": os.environ["PATH"], "AIRLOCK_DATA": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "Create or update the deployment NAME of ORG" in done.stdout
