"""A server ends with the tests, however they end, and says why when it cannot start."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.eventually import eventually
from tests.house_source import ROOT
from tests.servers.process import ServerFailed, ServerProcess, free_port
from tests.servers.valkey import Valkey, valkey_binary

START_AND_WAIT = """
import signal
from tests.servers.valkey import Valkey, valkey_binary
with Valkey(valkey_binary()) as server:
    print(server.process.pid, server.folder, flush=True)
    signal.pause()
"""


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="only Linux ends a process with its parent")
def test_a_server_dies_with_the_tests_that_were_killed(valkey: Valkey) -> None:
    tests = subprocess.Popen([sys.executable, "-c", START_AND_WAIT], cwd=ROOT, stdout=subprocess.PIPE)
    with tests:
        assert tests.stdout is not None
        pid, folder = tests.stdout.readline().decode().split()
        tests.kill()
    eventually(lambda: not runs(int(pid)), what="the server to end")
    shutil.rmtree(folder)


def test_a_server_that_cannot_start_shows_its_log(valkey: Valkey) -> None:
    binary = valkey_binary()
    assert binary is not None
    with pytest.raises(ServerFailed, match=r"(?i)address already in use"):
        second = Valkey(binary)
        second.process.command += ["--port", str(valkey.port)]
        second.__enter__()
    assert not second.folder.exists()


def test_stop_is_bounded_when_the_server_does_not_listen(tmp_path: Path) -> None:
    deaf = [
        sys.executable,
        "-c",
        "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); signal.pause()",
    ]
    server = ServerProcess(deaf, folder=tmp_path, log=tmp_path / "log")
    server.start(ready=lambda: server.log.read_text() == "1\n")
    server.stop(within=0.1)
    assert not server.alive


def test_a_free_port_is_not_one_that_is_served(valkey: Valkey) -> None:
    assert valkey.port not in {free_port() for _ in range(100)}
