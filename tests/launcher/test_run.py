"""`make run`: one installation in the foreground, found by other shells, with data that survives a restart."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
import sqlalchemy as sa

from deployment.models import ExecutionFile, FileStatus
from tests.eventually import eventually
from tests.launcher.launched import Launched, launch_briefly, processes_of

pytestmark = pytest.mark.slow

EVERYTHING = "launcher queue gunicorn web web supervisor reconciler worker work-horse"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    with Launched(tmp_path_factory.mktemp("run") / "data") as launched:
        yield launched


def test_it_says_where_it_is_ready_and_nothing_else(running: Launched) -> None:
    assert running.out.read_text() == f"Airlock is ready on http://127.0.0.1:{running.port}\n"
    assert httpx.get(f"{running.url}/readyz").json()["status"] == "ready"


def test_commands_in_another_shell_find_it_by_the_data_folder(running: Launched) -> None:
    deployed = running.ask("deploy", "acme", "elsewhere", "--workflow", "extract-text")
    assert deployed["url"] == f"{running.url}/deployment/api/acme/elsewhere/"
    message = running.post(deployed, timeout="60")
    assert message["execution_status"] == "COMPLETED"
    assert [row["id"] for row in running.ask("executions", "list")] == [message["execution_id"]]


def test_the_doctor_finds_nothing_wrong_with_it(running: Launched) -> None:
    assert all(finding["ok"] for finding in running.ask("doctor"))


def test_no_secret_is_in_a_list_of_processes(running: Launched) -> None:
    redis_url = (running.data / "embedded" / "redis_url").read_text()
    password = redis_url.partition("//:")[2].partition("@")[0]
    secrets = (password, (running.data / "embedded" / "secret_key").read_text())
    commands = [" ".join(process.cmdline()) for process in running.left()]
    assert len(secrets[0]) > 20
    assert any("valkey" in command or "redis-server" in command for command in commands)
    assert not [command for command in commands for secret in secrets if secret in command]


def test_only_its_owner_can_read_what_it_keeps(running: Launched) -> None:
    told = [file for file in (running.data / "embedded").iterdir() if file.name != "lock"]
    assert {"redis_url", "secret_key", "port"} <= {file.name for file in told}
    assert {file.stat().st_mode & 0o077 for file in (running.data, running.data / "embedded", *told)} == {0}


def test_a_second_one_on_the_same_folder_is_refused_in_one_line_and_takes_nothing_away(running: Launched) -> None:
    done = launch_briefly("run", AIRLOCK_DATA=str(running.data), PORT="0")
    assert done.returncode == 1
    assert done.stderr == f"Airlock runs already on {running.data}; set AIRLOCK_DATA to another folder\n"
    assert running.ask("workflows")


def test_a_port_in_use_is_named_in_one_line_and_nothing_is_left(running: Launched, tmp_path: Path) -> None:
    done = launch_briefly("run", AIRLOCK_DATA=str(tmp_path / "other"), PORT=str(running.port), AIRLOCK_TEST_MARK="port")
    assert done.returncode == 1
    assert done.stderr.startswith(f"PORT: 127.0.0.1:{running.port} cannot be bound")
    assert done.stderr.count("\n") == 1
    assert processes_of("port", tmp_path) == []


def test_results_survive_a_restart_and_ctrl_c_ends_all_of_it(running: Launched) -> None:
    deployed = running.ask("deploy", "acme", "kept", "--workflow", "extract-text")
    message = running.post(deployed, timeout="60")
    assert running.end(signal.SIGINT) == 0
    assert running.left() == []
    assert {file.name for file in (running.data / "embedded").iterdir()} == {"lock", "secret_key"}
    assert "make run" in running.flask("executions", "list").stderr
    running.start()
    reply = httpx.get(running.url + message["status_api"], headers={"Authorization": f"Bearer {deployed['api_key']}"})
    assert reply.json()["message"] == message["result"]


def test_a_killed_launcher_leaves_nothing_alive_and_the_next_one_takes_over(tmp_path: Path) -> None:
    """Not the queue's server, the web processes, the workers, nor the work-horse in the middle of a file."""
    quickly = {"LEASE_SECONDS": "2", "CLOCK_SKEW_SECONDS": "1", "RECONCILE_SECONDS": "1", "WORKERS": "1"}
    with Launched(tmp_path / "data", WORKFLOWS="tests.launcher.endless", **quickly) as launched:
        launched.post(launched.ask("deploy", "acme", "endless", "--workflow", "endless"))
        _await_attempt(launched, 1)
        eventually(lambda: len(launched.left()) == len(EVERYTHING.split()))

        launched.end(signal.SIGKILL)
        eventually(lambda: launched.left() == [], within=2)

        launched.start()
        _await_attempt(launched, 2)
        assert launched.end() == 0, "a file in work is handed back"
        assert launched.left() == []


@pytest.mark.parametrize(("part", "sign"), [("web", "gunicorn"), ("worker", "flask worker")])
def test_a_part_that_dies_ends_all_of_it_and_is_named(part: str, sign: str, tmp_path: Path, redis_url: str) -> None:
    """On a queue server of somebody else's, beside which none is started, and which is not ended."""
    with Launched(tmp_path / "data", REDIS_URL=redis_url, WORKERS="1", WEB_CONCURRENCY="1") as launched:
        children = psutil.Process(launched.process.pid).children()
        commands = {" ".join(child.cmdline()): child for child in children}
        assert not [command for command in commands if "valkey" in command or "redis-server" in command]
        next(child for command, child in commands.items() if sign in command).kill()
        assert launched.process.wait(30) == 1
        assert launched.err.read_text().endswith(f"{part} ended with status -9; ending the rest\n")
        assert launched.left() == []


def _await_attempt(launched: Launched, attempt: int) -> None:
    """Until a worker holds the only file under this attempt."""
    engine = sa.create_engine(f"sqlite:///{launched.data}/airlock.db", poolclass=sa.NullPool)
    question = sa.select(ExecutionFile.status, ExecutionFile.attempt)

    def holds() -> bool:
        with engine.connect() as connection:
            return connection.execute(question).one() == (FileStatus.EXECUTING, attempt)

    eventually(holds, within=60)
