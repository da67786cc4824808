"""The examples of the guard run, and do what they say, with real servers and real faults."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import sqlalchemy as sa
import urllib3
from flask.testing import FlaskClient
from minio import Minio
from redis import Redis
from rq import Queue, SimpleWorker

from examples import guard_flask_rq as flask_example
from guards import subscribe
from guards.memory import State
from tests.servers.s3_proxy import S3Proxy

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("guard_*.py"))


def run(name: str, *arguments: object) -> list[str]:
    command = [sys.executable, "-W", "error", "-m", f"examples.{name}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    assert len(lines) < 80


def test_the_script_accepts_a_document_and_leaves_nothing_of_one_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("text")
    spool = tmp_path / "spool"
    good, missing = run("guard_script", spool, tmp_path / "good.txt", tmp_path / "missing.txt")
    accepted = good.rpartition(" ")[2]
    assert missing.startswith(f"{tmp_path}/missing.txt: FileNotFoundError: ")
    assert {path.name for path in spool.iterdir()} == {f"{accepted}.document", f"{accepted}.job", "runs.db"}


def test_only_the_guard_fails_the_row_and_undoes_what_is_no_row() -> None:
    pytest.importorskip("django")
    assert run("guard_django_on_commit") == [
        "storage down, with_on_commit: no row, files left: 1",
        "storage down, with_the_guard: ('ERROR', 'ConnectionError: connection refused'), files left: 0",
        "queue down, with_on_commit: ('PENDING', ''), files left: 1",
        "queue down, with_the_guard: ('ERROR', 'ConnectionError: connection refused'), files left: 0",
    ]


class FlaskWorld:
    """The Flask example, with its servers seen from outside."""

    def __init__(self, database: str, redis: str, faults: S3Proxy) -> None:
        self.redis, self.engine = Redis.from_url(redis), sa.create_engine(database)
        self.bucket = urlsplit(faults.target).path.strip("/")
        self.store, through = minio(faults.target), minio(faults.url)
        self.client: FlaskClient = flask_example.create_app(database, self.redis, through, self.bucket).test_client()

    def post(self) -> Any:
        return self.client.post("/runs", data={"file": (io.BytesIO(b"document"), "a.txt")})

    def statuses(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.scalars(sa.select(flask_example.runs.c.status)))

    def objects(self) -> list[str | None]:
        return [found.object_name for found in self.store.list_objects(self.bucket)]

    @property
    def slots(self) -> int:
        return int(self.redis.scard(flask_example.SLOTS))

    def work(self) -> list[Any]:
        queue = Queue(connection=self.redis)
        jobs = queue.jobs
        SimpleWorker([queue], connection=self.redis).work(burst=True)
        return [job.return_value() for job in jobs]


def minio(url: str) -> Minio:
    parts = urlsplit(url)
    http = urllib3.PoolManager(retries=False, timeout=5)
    endpoint = f"{parts.hostname}:{parts.port}"
    key, secret = unquote(parts.username or ""), unquote(parts.password or "")
    return Minio(endpoint, key, secret, secure=False, region="us-east-1", http_client=http)


@pytest.fixture
def flask_world(
    bare_sqlite_url: str, redis_url: str, s3_faults: S3Proxy, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FlaskWorld]:
    monkeypatch.setenv("DATABASE_URL", bare_sqlite_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    world = FlaskWorld(bare_sqlite_url, redis_url, s3_faults)
    yield world
    world.redis.close()


def test_the_flask_app_stages_queues_and_executes(flask_world: FlaskWorld) -> None:
    reply = flask_world.post()
    assert (reply.status_code, flask_world.objects()) == (202, [reply.json["run"]])
    assert flask_world.slots == 1
    assert flask_world.work() == [True]
    assert (flask_world.statuses(), flask_world.slots) == (["EXECUTING"], 0)


def test_the_flask_app_tells_a_storage_fault_and_frees_the_slot(flask_world: FlaskWorld, s3_faults: S3Proxy) -> None:
    s3_faults.deny("PUT")
    reply = flask_world.post()
    assert reply.status_code == 422
    assert "AccessDenied" in reply.json["error"]
    assert (flask_world.statuses(), flask_world.objects(), flask_world.slots) == (["ERROR"], [], 0)


def test_the_flask_app_refuses_beyond_its_limit_without_a_row(flask_world: FlaskWorld) -> None:
    codes = [flask_world.post().status_code for _ in range(3)]
    assert codes == [202, 202, 429]
    assert (len(flask_world.statuses()), flask_world.slots) == (2, 2)


def test_the_fastapi_app_keeps_its_parameters_and_leaves_no_file_of_a_refused_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fastapi")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where it makes its folder as it is imported
    from examples import guard_fastapi as example

    async def posts() -> list[tuple[int, Any]]:
        import httpx

        transport = httpx.ASGITransport(app=example.app)
        async with (
            example.lifespan(example.app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            replies = [await client.post("/runs", content=b"x" * size) for size in (10, 20_000)]
            while not example.parts.done:
                await asyncio.sleep(0)
        return [(reply.status_code, reply.json()) for reply in replies]

    good, large = asyncio.run(posts())
    assert good == (202, {"run": 1})
    assert large == (422, {"run": 2, "error": "TooLarge: more than 10000 bytes"})
    rows = {run: row.state for run, row in example.parts.ledger.rows.items()}
    assert rows == {1: State.CLAIMED, 2: State.FAILED}
    assert [path.name for path in example.parts.folder.iterdir()] == ["1"]


def test_the_metrics_count_what_happens_and_how_long_it_takes() -> None:
    registry = pytest.importorskip("prometheus_client").REGISTRY
    from examples.guard_prometheus import count
    from tests.guards.forms import Scenario, report_of, with_block
    from tests.guards.runs import Ground, raising

    def value(name: str, **labels: str) -> float:
        return float(registry.get_sample_value(name, labels) or 0)

    end = subscribe(count)
    try:
        report_of(with_block, Ground(), Scenario())
        report_of(with_block, Ground(), Scenario(step=raising(OSError())))
    finally:
        end()
    assert value("pre_dispatch_events_total", what="dispatched") == 1
    assert value("pre_dispatch_events_total", what="marked") == 1
    assert value("pre_dispatch_seconds_count") == 2
