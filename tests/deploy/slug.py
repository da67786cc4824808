"""What a platform makes of the checkout: its files alone, and an environment with requirements.txt alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from honcho.environ import parse_procfile  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
UV = str(Path(sys.executable).with_name("uv"))


class Slug:
    """`folder` has what git knows of, or would take up; `environment` the packages that it names."""

    def __init__(self, home: Path) -> None:
        self.folder, self._packages = home / "slug", home / "packages"
        _copy_checkout(self.folder)
        _install(self._packages, self.folder / "requirements.txt")

    @property
    def processes(self) -> Mapping[str, str]:
        """The commands of the Procfile by their names."""
        found: Mapping[str, str] = parse_procfile((self.folder / "Procfile").read_text()).processes
        return found

    def environment(self, **settings: str) -> dict[str, str]:
        """What a process gets: no packages but the slug's own, and `settings`."""
        path = f"{self._packages / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(self.folder.parent), **settings}

    def run(self, command: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        return subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60
        )

    def start(self, name: str, environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
        """A process of the Procfile, leading a group of its own; its lines go to `log`."""
        with log.open("wb") as output:
            return subprocess.Popen(
                ["bash", "-c", f"exec {self.processes[name]}"],
                cwd=self.folder,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )


def _copy_checkout(folder: Path) -> None:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def _install(packages: Path, requirements: Path) -> None:
    """With uv, which has most of it in its cache; with pip where the machine's settings are known to pip only."""
    subprocess.run([UV, "venv", "-q", "--seed", "--python", sys.executable, packages], check=True)
    python = str(packages / "bin" / "python")
    with_uv = [UV, "pip", "install", "-q", "--python", python, "-r", str(requirements)]
    if subprocess.run(with_uv, capture_output=True).returncode:
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", str(requirements)], check=True)
