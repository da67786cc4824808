"""`make run`: one installation in the foreground, found by other shells, with data that survives a restart."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from deployment.models import ExecutionFile, FileStatus
from tests import loopback
from tests.eventually import eventually
from tests.launcher.launched import MARK, Launched, launch_briefly, processes_of
from tests.servers.valkey import Valkey

pytestmark = pytest.mark.slow

QUICKLY = {"LEASE_SECONDS": "2", "CLOCK_SKEW_SECONDS": "1", "RECONCILE_SECONDS": "1", "WORKERS": "1"}
EVERYTHING = "launcher queue gunicorn web web supervisor reconciler worker work-horse"


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """One that may be ended, which those who share `installation` would notice."""
    folder = tmp_path_factory.mktemp("ended") / "data"
    with Launched(folder, WORKFLOWS="tests.launcher.endless", **QUICKLY) as launched:
        yield launched


@pytest.fixture
def running(ours: Launched) -> Launched:
    return ours if ours.process.poll() is None else ours.start()


def first_password(installation: Launched) -> str:
    """The one that is printed at the first start."""
    told = eventually(lambda: re.findall(r"^Log in as admin with the password (\S+): it is", _out(installation), re.M))
    return str(told[0])


def _out(installation: Launched) -> str:
    return installation.out.read_text()


def test_it_says_where_it_is_ready_and_who_may_log_in_and_nothing_else(installation: Launched) -> None:
    password = first_password(installation)
    assert _out(installation) == (
        f"Log in as admin with the password {password}: it is shown this once\n"
        f"Airlock is ready on http://127.0.0.1:{installation.port}\n"
    )
    assert loopback.get(f"{installation.url}/readyz").json()["status"] == "ready"
    with loopback.Client(base_url=installation.url, follow_redirects=True) as browser:
        (token,) = re.findall(r'name="csrf_token" value="([^"]+)"', browser.get("/login").text)
        shown = browser.post("/login", data={"name": "admin", "password": password, "csrf_token": token})
        assert (shown.url.path, "administrator" in shown.text) == ("/", True)


def test_commands_in_another_shell_find_it_by_the_data_folder(installation: Launched) -> None:
    deployed = installation.ask("deploy", "acme", "elsewhere", "--workflow", "extract-text")
    assert deployed["url"] == f"{installation.url}/deployment/api/acme/elsewhere/"
    message = installation.post(deployed, timeout="60")
    assert message["execution_status"] == "COMPLETED"
    assert message["execution_id"] in [row["id"] for row in installation.ask("executions", "list")]


def test_the_doctor_finds_nothing_wrong_with_it(installation: Launched) -> None:
    assert all(finding["ok"] for finding in installation.ask("doctor"))


def test_no_secret_is_in_a_list_of_processes(installation: Launched) -> None:
    redis_url = (installation.data / "embedded" / "redis_url").read_text()
    password = redis_url.partition("//:")[2].partition("@")[0]
    secrets = (password, (installation.data / "embedded" / "secret_key").read_text())
    commands = [" ".join(process.cmdline()) for process in installation.left()]
    assert len(secrets[0]) > 20
    assert any("valkey" in command or "redis-server" in command for command in commands)
    assert not [command for command in commands for secret in secrets if secret in command]


def test_only_its_owner_can_read_what_it_keeps(installation: Launched) -> None:
    told = [file for file in (installation.data / "embedded").iterdir() if file.name != "lock"]
    assert {"redis_url", "secret_key", "port"} <= {file.name for file in told}
    assert {file.stat().st_mode & 0o077 for file in (installation.data, installation.data / "embedded", *told)} == {0}


def test_a_second_one_on_the_same_folder_is_refused_in_one_line_and_takes_nothing_away(installation: Launched) -> None:
    done = launch_briefly("run", AIRLOCK_DATA=str(installation.data), PORT="0")
    assert done.returncode == 1
    assert done.stderr == f"Airlock runs already on {installation.data}; set AIRLOCK_DATA to another folder\n"
    assert loopback.get(f"{installation.url}/readyz").json()["status"] == "ready"


def test_a_port_in_use_is_named_in_one_line_and_nothing_is_left(installation: Launched, tmp_path: Path) -> None:
    elsewhere = {"AIRLOCK_DATA": str(tmp_path / "other"), "PORT": str(installation.port)}
    done = launch_briefly("run", **elsewhere, **{MARK: "port"})
    assert done.returncode == 1
    assert done.stderr.startswith(f"PORT: 127.0.0.1:{installation.port} cannot be bound")
    assert done.stderr.count("\n") == 1
    assert processes_of("port", tmp_path) == []


def test_results_survive_a_restart_and_ctrl_c_ends_all_of_it(running: Launched) -> None:
    deployed = running.deploy("kept", "extract-text")
    message = running.post(deployed, timeout="60")
    assert running.end(signal.SIGINT) == 0
    assert running.left() == []
    assert {file.name for file in (running.data / "embedded").iterdir()} == {"lock", "secret_key"}
    assert "make run" in running.flask("executions", "list").stderr
    running.start()
    reply = loopback.get(
        running.url + message["status_api"], headers={"Authorization": f"Bearer {deployed['api_key']}"}
    )
    assert reply.json()["message"] == message["result"]
    assert "password" not in _out(running), "that is for the first start"


def test_a_killed_launcher_leaves_nothing_alive_and_the_next_one_takes_over(running: Launched) -> None:
    """Not the queue's server, the web processes, the workers, nor the work-horse in the middle of a file."""
    endless = running.post(running.deploy("endless", "endless"))
    _await_attempt(running, endless, 1)
    eventually(lambda: len(running.left()) == len(EVERYTHING.split()))

    running.end(signal.SIGKILL)
    eventually(lambda: running.left() == [], within=2)

    running.start()
    _await_attempt(running, endless, 2)
    assert running.end_of("flask worker") == "worker ended with status -9; ending the rest\n"
    assert running.left() == []


def test_a_queue_of_somebody_elses_is_used_and_a_web_server_that_dies_ends_all_but_that(
    tmp_path: Path, valkey: Valkey, redis_url: str
) -> None:
    with Launched(tmp_path / "data", REDIS_URL=redis_url, WORKERS="1", WEB_CONCURRENCY="1") as launched:
        commands = [" ".join(child.cmdline()) for child in launched.parts()]
        assert not [command for command in commands if "valkey" in command or "redis-server" in command]
        assert launched.end_of("gunicorn") == "web ended with status -9; ending the rest\n"
        assert launched.left() == []
    assert valkey.answers()


def _await_attempt(launched: Launched, message: dict[str, Any], attempt: int) -> None:
    """Until a worker holds the only file of a run under this attempt."""
    engine = sa.create_engine(f"sqlite:///{launched.data}/airlock.db", poolclass=sa.NullPool)
    file = sa.select(ExecutionFile.status, ExecutionFile.attempt)
    file = file.where(ExecutionFile.execution_id == UUID(message["execution_id"]))

    def holds() -> bool:
        with engine.connect() as connection:
            return connection.execute(file).one() == (FileStatus.EXECUTING, attempt)

    eventually(holds, within=60)
