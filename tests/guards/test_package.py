"""What is published: the library alone, without dependencies, and it works where nothing else is installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = {path.name for path in (ROOT / "guards").glob("*.py")} | {"py.typed"}

USE = """
from pre_dispatch_guard import outcome_of, pre_dispatch_guard
from pre_dispatch_guard.memory import MemoryLedger
from pre_dispatch_guard.testing import LedgerConformance, rehearse

class Row:
    id = 1

ledger = MemoryLedger()
def create(token):
    ledger.add(1, token)
    return Row

try:
    with pre_dispatch_guard(ledger) as guard:
        guard.open(create, guard.token)
        raise OSError("403")
except OSError as error:
    print(outcome_of(error).reason, ledger.rows[1].state, LedgerConformance.__name__)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed")
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT))
    return folder


def run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_the_library_and_nothing_else(built: Path) -> None:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = [name for name in wheel.namelist() if ".dist-info/" not in name]
        (metadata,) = (wheel.read(name) for name in wheel.namelist() if name.endswith("METADATA"))
    assert set(names) == {f"pre_dispatch_guard/{name}" for name in MODULES}
    told = message_from_bytes(metadata)
    assert told["Name"] == "pre-dispatch-guard"
    assert all("extra ==" in needed for needed in told.get_all("Requires-Dist", []))


def test_the_source_distribution_holds_the_library_and_nothing_else(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        names = {Path(name).relative_to(Path(name).parts[0]).as_posix() for name in sdist.getnames()}
    library = {f"guards/{name}" for name in {*MODULES, "README.md"}}
    assert names == library | {"LICENSE", "PKG-INFO", "pyproject.toml", ".gitignore"}


WORKS = "OSError: 403 failed LedgerConformance"


def test_the_wheel_works_where_there_is_nothing_but_the_standard_library(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    told = run(sys.executable, "-I", "-S", "-W", "error", "-c", f"import sys; sys.path[:0] = [{str(wheel)!r}]\n{USE}")
    assert told.split("\n")[0] == WORKS


@pytest.mark.proof
def test_the_wheel_can_be_installed_into_an_empty_environment(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    python = tmp_path / "venv/bin/python"
    run(sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv"))
    install = ("install", "--no-index", "--disable-pip-version-check", str(wheel))
    run(sys.executable, "-m", "pip", "--python", str(python), *install)
    told = run(str(python), "-W", "error", "-c", USE, cwd=tmp_path)
    assert told.split("\n")[0] == WORKS
