"""`python -m tests.servers.install`: says which servers the tests have, and installs what is lacking.

Wheels bring all of them on Linux and macOS, but the browser. What is lacking is installed from Debian's package when we
are root; else its tests are skipped (and fail where CI is set).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers.chromium import chromium_binary
from tests.servers.postgres_binaries import postgres_binaries
from tests.servers.rclone import rclone_binary
from tests.servers.valkey import valkey_binary


@dataclass(frozen=True)
class Server:
    """`program` is None when it is not here; `debian` names the package that brings it, if there is one."""

    name: str
    program: Path | None
    debian: str | None = None

    def __str__(self) -> str:
        if self.program is None:
            return f"{self.name:<11}missing: its tests will be skipped"
        return f"{self.name:<11}{_version(self.program):<15} {self.program}"


def servers() -> list[Server]:
    binaries = postgres_binaries()
    return [
        Server("Valkey", valkey_binary(), "redis-server"),
        Server("PostgreSQL", binaries / "postgres" if binaries else None, "postgresql"),
        Server("rclone", rclone_binary(), "rclone"),
        Server("Chromium", chromium_binary(), "chromium"),
    ]


def main() -> None:
    """Print one line for each server. A failed installation is a line, too: the tests then decide."""
    lacking = [server.debian for server in servers() if server.program is None and server.debian]
    if lacking and os.geteuid() == 0 and shutil.which("apt-get"):
        _apt_get("update")
        for package in lacking:
            _apt_get("install", "--yes", "--no-install-recommends", package)
    for server in servers():
        print(server)


def _apt_get(*words: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    answer = subprocess.run(["apt-get", "-qq", *words], env=environment, capture_output=True, text=True)
    if answer.returncode:
        print(f"apt-get {' '.join(words)} failed: {answer.stderr.strip()[-500:]}")


def _version(program: Path) -> str:
    """The first word of `--version` that looks like a version, or "?" when the program does not run."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10)
    except OSError:
        return "?"
    words = answer.stdout.replace("v=", "").split()
    return next((word.lstrip("v") for word in words if word.lstrip("v")[:1].isdigit()), "?")


if __name__ == "__main__":
    main()
