"""The checkout runs wherever a Procfile is understood: on PostgreSQL, on a queue with TLS, on S3."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests import loopback
from tests.deploy.slug import ROOT, Slug
from tests.eventually import eventually
from tests.launcher.launched import MARK, processes_of
from tests.servers.process import free_port

BIN = Path(sys.executable).parent


def test_the_procfile_is_one() -> None:
    done = subprocess.run([BIN / "honcho", "check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "release, web, worker" in done.stderr


def test_gunicorn_takes_its_settings(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "AIRLOCK_DATA": str(tmp_path),
        "SECRET_KEY": "test",
        "REDIS_URL": "redis://h",
    }
    command = [str(BIN / "gunicorn"), "--check-config", "app:create_app()"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def slug(tmp_path_factory: pytest.TempPathFactory) -> Slug:
    return Slug(tmp_path_factory.mktemp("deploy"))


@pytest.mark.slow
def test_a_slug_is_released_twice_boots_works_and_ends(
    slug: Slug, bare_postgres_url: str, rediss_url: str, s3_url: str, tmp_path: Path
) -> None:
    mark, port = uuid4().hex, free_port()
    environment = slug.environment(
        DATABASE_URL=bare_postgres_url.replace("postgresql+psycopg://", "postgres://"),
        REDIS_URL=rediss_url,
        STORAGE_URL=s3_url,
        SECRET_KEY="test",
        PORT=str(port),
        DYNO="web.1",
        **{MARK: mark},
    )
    for _ in range(2):
        released = slug.run(slug.processes["release"], environment)
        assert released.returncode == 0, released.stderr

    with _booted(slug, environment, tmp_path) as processes:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: loopback.get(f"{url}/readyz").status_code == 200, within=40, passing_over=(httpx.HTTPError,))
        deployed = json.loads(slug.run("flask deploy acme text --workflow extract-text --json", environment).stdout)
        headers, files = {"Authorization": f"Bearer {deployed['api_key']}"}, {"files": ("a.txt", b"Hello, world.")}
        posted = loopback.post(
            f"{url}{deployed['path']}", headers=headers, files=files, data={"timeout": 60}, timeout=70
        )
        read = loopback.get(f"{url}{posted.json()['message']['status_api']}", headers=headers)
        assert read.json()["status"] == "COMPLETED", posted.text
        assert read.json()["message"][0]["result"]["output"]["pages"][0]["text"] == "Hello, world."

        for process in processes.values():
            os.killpg(process.pid, signal.SIGTERM)  # as platforms do: to each process of the dyno
        assert {name: process.wait(30) for name, process in processes.items()} == {"web": 0, "worker": 0}
        assert processes_of(mark, tmp_path) == []
        assert all(isinstance(json.loads(line), dict) for line in (tmp_path / "web").read_text().splitlines())


@contextmanager
def _booted(slug: Slug, environment: dict[str, str], logs: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    names = [name for name in slug.processes if name != "release"]
    started = {name: slug.start(name, environment, logs / name) for name in names}
    try:
        yield started
    finally:
        for process in started.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
